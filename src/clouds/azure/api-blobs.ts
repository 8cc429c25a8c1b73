import { createHash } from 'node:crypto'
import { Pool } from 'undici'
import { SindriError } from '../../core/error.ts'
import type { BlobMetadata, BlobPlace, PageBlobs, PageRange } from './disk-port.ts'
import { azureError, connectionError } from './errors.ts'

/** A request that is not answered in this time is sent again. */
const timeoutMs = 60_000
const connections = 64
/** The first version that pages lists of ranges is 2020-10-02. https://learn.microsoft.com/rest/api/storageservices/versioning-for-the-azure-storage-services (2026-11) */
const version = '2021-12-02'
const scope = 'https://storage.azure.com/.default'

interface Wanted {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  readonly action: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

interface Answered {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/**
 * Page blobs by REST, with a bearer token. https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api and
 * https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory (2026-11)
 * @param source where the credentials come from, in words
 */
export function openPageBlobs(token: (scope: string) => Promise<string>, source: string): PageBlobs {
  const pools = new Map<string, Pool>()
  function poolOf(account: string): Pool {
    const options = { connections, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
    const pool = pools.get(account) ?? new Pool(`https://${account}.blob.core.windows.net`, options)
    pools.set(account, pool)
    return pool
  }

  async function ask(account: string, path: string, wanted: Wanted): Promise<Answered> {
    const { method, action, query = {}, headers = {}, body } = wanted
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
      const message = /<Message>([^<\n]+)/.exec(text)?.[1] ?? `HTTP status ${answer.statusCode} ${code}`.trim()
      throw azureError({ status: answer.statusCode, code, message }, action, what, source)
    } catch (error) {
      throw unknownHost(error, what, method) ?? connectionError(error, action, what)
    }
  }

  const pathOf = ({ container, name }: BlobPlace): string => `/${container}/${encodeURIComponent(name)}`
  const at = (blob: BlobPlace, wanted: Wanted): Promise<Answered> => ask(blob.account, pathOf(blob), wanted)
  const read = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
  const write = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
  const remove = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'

  return {
    async create(blob, sizeBytes, metadata) {
      const headers = {
        'x-ms-blob-type': 'PageBlob',
        'x-ms-blob-content-length': String(sizeBytes),
        'if-none-match': '*',
        ...metadataHeaders(metadata),
      }
      try {
        await at(blob, { method: 'PUT', action: write, headers })
      } catch (error) {
        // One of this name is there: made by this very call, whose answer was lost, or by an earlier run.
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
      }
    },

    async metadata(blob) {
      const { headers } = await at(blob, { method: 'HEAD', action: read })
      const own = Object.entries(headers).filter(([name]) => name.startsWith(metadataPrefix))
      return Object.fromEntries(own.map(([name, value]) => [name.slice(metadataPrefix.length), String(value)]))
    },

    async setMetadata(blob, metadata) {
      const headers = metadataHeaders(metadata)
      await at(blob, { method: 'PUT', action: write, query: { comp: 'metadata' }, headers })
    },

    async putPages(blob, offset, bytes) {
      const headers = {
        'x-ms-page-write': 'update',
        'x-ms-range': `bytes=${offset}-${offset + bytes.length - 1}`,
        'content-md5': createHash('md5').update(bytes).digest('base64'),
      }
      await at(blob, { method: 'PUT', action: write, query: { comp: 'page' }, headers, body: bytes })
    },

    async ranges(blob) {
      const found: PageRange[] = []
      for (let marker: string | undefined = ''; marker !== undefined; ) {
        const query = { comp: 'pagelist', ...(marker !== '' && { marker }) }
        const { text }: Answered = await at(blob, { method: 'GET', action: read, query })
        found.push(...rangesIn(text))
        marker = element(text, 'NextMarker')
      }
      return found
    },

    async list({ account, container }) {
      const found: { name: string; metadata: BlobMetadata }[] = []
      for (let marker: string | undefined = ''; marker !== undefined; ) {
        const query = { restype: 'container', comp: 'list', include: 'metadata', ...(marker !== '' && { marker }) }
        const { text }: Answered = await ask(account, `/${container}`, { method: 'GET', action: read, query })
        found.push(...blobsIn(text))
        marker = element(text, 'NextMarker')
      }
      return found
    },

    async remove(blob) {
      await at(blob, { method: 'DELETE', action: remove, headers: { 'x-ms-delete-snapshots': 'include' } })
    },
  }
}

const metadataPrefix = 'x-ms-meta-'

function metadataHeaders(metadata: BlobMetadata): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`${metadataPrefix}${name}`, value]))
}

/** An account has a host of its own: one that is gone has none, and a new one has none yet. */
function unknownHost(error: unknown, what: string, method: Wanted['method']): SindriError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'ENOTFOUND') return undefined
  return new SindriError(method === 'PUT' ? 'timeout' : 'not-found', `${what}: the storage account has no address`, {
    cause: error,
  })
}

/** https://learn.microsoft.com/rest/api/storageservices/get-page-ranges (2026-11): inclusive, in bytes, ordered. */
function rangesIn(xml: string): readonly PageRange[] {
  const all = xml.matchAll(/<PageRange>\s*<Start>(\d+)<\/Start>\s*<End>(\d+)<\/End>\s*<\/PageRange>/g)
  return [...all].map(([, start, end]) => ({ offset: Number(start), length: Number(end) - Number(start) + 1 }))
}

/** https://learn.microsoft.com/rest/api/storageservices/list-blobs (2026-11) */
function blobsIn(xml: string): readonly { readonly name: string; readonly metadata: BlobMetadata }[] {
  return [...xml.matchAll(/<Blob>(.*?)<\/Blob>/gs)].map(([, blob = '']) => {
    const metadata = [...(element(blob, 'Metadata') ?? '').matchAll(/<([A-Za-z_]\w*)>([^<]*)<\/\1>/g)]
    return {
      name: element(blob, 'Name') ?? '',
      metadata: Object.fromEntries(metadata.map(([, name = '', value = '']) => [name.toLowerCase(), unescaped(value)])),
    }
  })
}

/** The text of an element; undefined where it is empty or left out. */
function element(xml: string, name: string): string | undefined {
  const inner = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1]
  return inner === undefined || inner === '' ? undefined : inner
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

function unescaped(text: string): string {
  return text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole)
}
