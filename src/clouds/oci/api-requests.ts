import { type Clock, systemClock } from '../../core/clock.ts'
import { digest } from '../../core/digest.ts'
import { retry } from '../../core/retry.ts'
import type { Environment } from '../cloud.ts'
import { isGone } from '../gone.ts'
import type { Json } from './answers.ts'
import { domainOf, findCredentials, type OciCredentials, type Signable } from './api-credentials.ts'
import { type Asked, credentialsError, ociError, unanswered } from './errors.ts'
import type { CredentialSettings } from './port.ts'

/** A request that stalls longer than this is given up and, where it may be, sent again. */
const requestTimeoutMs = 60_000

/**
 * Where each service's paths begin: https://docs.oracle.com/iaas/api/#/en/iaas/20160918/,
 * https://docs.oracle.com/iaas/api/#/en/identity/20160918/, https://docs.oracle.com/iaas/api/#/en/limits/20190729/ and
 * https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/ (2026-11).
 */
const services = {
  iaas: { host: 'iaas', domain: '', base: '20160918/' },
  identity: { host: 'identity', domain: '', base: '20160918/' },
  limits: { host: 'limits', domain: 'oci.', base: '20190729/' },
  objectstorage: { host: 'objectstorage', domain: '', base: '' },
} as const

/** One call. */
export interface OciRequest {
  readonly operation: string
  /** What it is asked of; otherwise the path. */
  readonly what?: string
  /** Otherwise `iaas`. */
  readonly service?: keyof typeof services
  readonly method?: Signable['method']
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
  /** Makes a repetition of the request harmless. */
  readonly token?: string
  /** True for what is not harmless twice and has no token. */
  readonly once?: boolean
  /** True where what it is asked of may not be there, which is then told as `not-found`. */
  readonly maybe?: boolean
}

/** What was answered. */
export interface OciAnswer {
  readonly body: unknown
  readonly headers: Headers
}

/** Signed requests to one account. An empty region is the one the credentials name. */
export interface OciRequests {
  credentials(): Promise<OciCredentials>
  /** @throws SindriError `credentials` where none is named */
  regionOf(asked: string): Promise<string>
  /** `https://objectstorage.us-phoenix-1.oraclecloud.com` */
  endpointOf(service: keyof typeof services, region: string): string
  send(region: string, request: OciRequest): Promise<OciAnswer>
  one(region: string, request: OciRequest): Promise<Json>
  /** All pages of a list. */
  all(region: string, request: OciRequest): Promise<readonly Json[]>
  /** Of one that may not be removed Oracle Cloud says the same as of one that is not there: so it is looked for. */
  remove(region: string, request: OciRequest, isThere: () => Promise<boolean>): Promise<void>
}

/** Looks for credentials, and calls, only when that is needed. */
export function openRequests(
  settings: CredentialSettings,
  environment: Environment,
  clock: Clock = systemClock,
): OciRequests {
  let found: Promise<OciCredentials> | undefined
  const credentials = (): Promise<OciCredentials> => {
    found ??= findCredentials(settings, environment)
    return found
  }

  async function regionOf(asked: string): Promise<string> {
    const { region, source } = await credentials()
    const chosen = asked || region
    if (chosen !== undefined) return chosen
    throw credentialsError(source, 'they name no region, and neither does oci.region')
  }

  function endpointOf(service: keyof typeof services, region: string): string {
    const { host, domain } = services[service]
    return `https://${host}.${region}.${domain}${domainOf(region)}`
  }

  async function send(region: string, request: OciRequest): Promise<OciAnswer> {
    const { service = 'iaas', method = 'GET', path, query = {}, body, token, operation } = request
    const own = await credentials()
    const url = new URL(`${endpointOf(service, await regionOf(region))}/${services[service].base}${path}`)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
    const asked: Asked = {
      operation,
      what: request.what ?? path,
      credentials: own.source,
      exists: request.maybe !== true && (method === 'POST' || request.query !== undefined),
    }
    const attempt = async (): Promise<OciAnswer> => {
      const headers = new Headers({ accept: 'application/json', ...request.headers })
      if (token !== undefined) headers.set('opc-retry-token', digest(token))
      const text = body === undefined ? {} : { body: JSON.stringify(body) }
      await own.sign({ method, uri: url.href, headers, ...text })
      const answer = await fetch(url, {
        method,
        headers,
        ...text,
        signal: AbortSignal.timeout(requestTimeoutMs),
      }).catch((error: unknown) => {
        throw ociError(unanswered(error), asked)
      })
      const told: unknown = await answer.json().catch(() => undefined)
      if (answer.ok) return { body: told, headers: answer.headers }
      const { code, message } = { code: '', message: answer.statusText, ...(told as object | undefined) }
      throw ociError({ status: answer.status, code: String(code), message: String(message) }, asked)
    }
    if (request.once) return attempt()
    return retry(clock, new AbortController().signal, attempt)
  }

  async function one(region: string, request: OciRequest): Promise<Json> {
    return (await send(region, request)).body as Json
  }

  async function all(region: string, request: OciRequest): Promise<readonly Json[]> {
    const items: Json[] = []
    let page: string | null = null
    do {
      const query: OciRequest['query'] = { ...request.query, limit: '100', page: page ?? undefined }
      const answer: OciAnswer = await send(region, { ...request, query })
      items.push(...(answer.body as readonly Json[]))
      page = answer.headers.get('opc-next-page')
    } while (page !== null)
    return items
  }

  async function remove(region: string, request: OciRequest, isThere: () => Promise<boolean>): Promise<void> {
    try {
      await send(region, { ...request, method: 'DELETE' })
    } catch (error) {
      if (!isGone(error)) throw error
      const there = await isThere().catch((reason: unknown) => {
        if (isGone(reason)) return false
        throw reason
      })
      if (there)
        throw ociError(
          { status: 404, code: 'NotAuthorizedOrNotFound', message: 'it is there' },
          {
            operation: request.operation,
            what: request.path,
            credentials: (await credentials()).source,
            exists: true,
          },
        )
    }
  }

  return { credentials, regionOf, endpointOf, send, one, all, remove }
}
