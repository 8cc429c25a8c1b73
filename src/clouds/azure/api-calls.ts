import { Pool } from 'undici'
import { SindriError } from '../../core/error.ts'
import { azureError, connectionError } from './errors.ts'

/** A request that is not answered in this time is sent again. */
const timeoutMs = 60_000
const connections = 64
/** The first version that pages lists of ranges is 2020-10-02. https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services (2026-11) */
const version = '2021-12-02'
const scope = 'https://storage.azure.com/.default'

/** One request to the blob service of an account. */
export interface Wanted {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  readonly action: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Codes of refusals that are answers. */
  readonly refusals?: readonly string[]
}

/** What it answered. */
export interface Answered {
  /** The code of a refusal that is an answer. */
  readonly refusal?: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** Requests with a bearer token. Each fails with a SindriError that names the action. */
export interface BlobCalls {
  ask(account: string, path: string, wanted: Wanted): Promise<Answered>
  close(): Promise<void>
}

/**
 * The blob service by REST. https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api and
 * https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory (2026-11)
 * @param source where the credentials come from, in words
 */
export function openBlobCalls(token: (scope: string) => Promise<string>, source: string): BlobCalls {
  const pools = new Map<string, Pool>()
  function poolOf(account: string): Pool {
    const options = { connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
    const pool = pools.get(account) ?? new Pool(`https://${account}.blob.core.windows.net`, options)
    pools.set(account, pool)
    return pool
  }

  async function ask(account: string, path: string, wanted: Wanted): Promise<Answered> {
    const { method, action, query = {}, headers = {}, body, refusals = [] } = wanted
    const what = `${account}${path}`
    const bearer = await token(scope)
    const asked = new URLSearchParams(query).toString()
    try {
      const answer = await poolOf(account).request({
        method,
        path: asked === '' ? path : `${path}?${asked}`,
        headers: {
          authorization: `Bearer ${bearer}`,
          'x-ms-version': version,
          'x-ms-date': new Date().toUTCString(),
          ...(method === 'PUT' && { 'content-length': String(body?.length ?? 0) }),
          ...headers,
        },
        ...(body && { body }),
      })
      const text = await answer.body.text()
      if (answer.statusCode < 300) return { headers: answer.headers, text }
      const code = String(answer.headers['x-ms-error-code'] ?? /<Code>([^<]+)</.exec(text)?.[1] ?? '')
      if (refusals.includes(code)) return { headers: answer.headers, text, refusal: code }
      const message = /<Message>([^<\n]+)/.exec(text)?.[1] ?? `HTTP status ${answer.statusCode} ${code}`.trim()
      throw azureError({ status: answer.statusCode, code, message }, action, what, source)
    } catch (error) {
      throw unknownHost(error, what, method) ?? connectionError(error, action, what)
    }
  }

  return {
    ask,
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()))
    },
  }
}

/** An account has a host of its own: one that is gone has none, and a new one has none yet. */
function unknownHost(error: unknown, what: string, method: Wanted['method']): SindriError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOTFOUND') return undefined
  return new SindriError(method === 'PUT' ? 'timeout' : 'not-found', `${what}: the storage account has no address`, {
    cause: error,
  })
}

/** The text of an element; undefined where it is empty or left out. */
export function element(xml: string, name: string): string | undefined {
  const inner = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1]
  return inner === undefined || inner === '' ? undefined : inner
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

/** Text of an element as it was before it was written there. */
export function unescaped(text: string): string {
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole)
}
