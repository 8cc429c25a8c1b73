import { GoogleAuth } from 'google-auth-library'
import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import type { Environment } from '../cloud.ts'
import { itemsOf, type Json, operationOf, textOf } from './answers.ts'
import { gcpError } from './errors.ts'
import type { LabelFilter } from './port.ts'

/** A request that stalls longer than this is given up and, where it may be, sent again. An operation is waited for two minutes. */
export const requestTimeoutMs = 150_000

export const compute = 'https://compute.googleapis.com/compute/v1/'

/** Safe for every call here: what is not a read carries a `requestId` or an etag, or has the same effect twice. */
const retryConfig = {
  retry: 4,
  noResponseRetries: 4,
  httpMethodsToRetry: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  statusCodesToRetry: [
    [429, 429],
    [500, 500],
    [502, 504],
  ],
}

/** One request. */
export interface Wanted {
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly params?: Readonly<Record<string, string>>
  readonly data?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses besides 200 to 299 that are answers and no refusals. */
  readonly statuses?: readonly number[]
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

/** Requests with the application default credentials. Each fails with a SindriError that names the permission. */
export interface GoogleCalls {
  /** Where the credentials come from, in words. */
  readonly source: string
  accessToken(): Promise<string>
  ask(permission: string, what: string, wanted: Wanted): Promise<Answer>
  send(permission: string, what: string, wanted: Wanted): Promise<Json>
  /** All pages of a list of Compute Engine. */
  all(
    permission: string,
    path: string,
    query: { readonly name?: string; readonly labels?: LabelFilter },
  ): Promise<readonly Json[]>
  /** Begins something in Compute Engine and waits until it is done. The same token begins it once. */
  change(
    permission: string,
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    data?: unknown,
    token?: string,
  ): Promise<void>
}

/** Makes no call before it is needed. */
export function openGoogle(environment: Environment): GoogleCalls {
  const source = environment.GOOGLE_APPLICATION_CREDENTIALS || 'the application default credentials'
  const auth = new GoogleAuth({
    scopes: ['https://www.googleapis.com/auth/cloud-platform', 'https://www.googleapis.com/auth/userinfo.email'],
    // Node's own, so that no second HTTP client is loaded.
    clientOptions: { transporterOptions: { fetchImplementation: fetch } },
  })

  async function ask(permission: string, what: string, { statuses = [], ...request }: Wanted): Promise<Answer> {
    try {
      const validateStatus = (status: number): boolean => (status >= 200 && status < 300) || statuses.includes(status)
      const fixed = { retry: true, retryConfig, timeout: requestTimeoutMs, validateStatus } as const
      const { status, headers, data } = await auth.request<Json>({ method: 'GET', ...request, ...fixed })
      return { status, headers, body: data }
    } catch (error) {
      throw gcpError(error, permission, what, source)
    }
  }

  const send = async (permission: string, what: string, wanted: Wanted): Promise<Json> =>
    (await ask(permission, what, wanted)).body

  return {
    source,
    ask,
    send,
    accessToken: async () => (await auth.getAccessToken()) ?? '',

    async all(permission, path, query) {
      const found: Json[] = []
      const filter = filterOf(query)
      let pageToken = ''
      do {
        const params = {
          maxResults: '500',
          ...(filter === '' ? {} : { filter }),
          ...(pageToken === '' ? {} : { pageToken }),
        }
        const page = await send(permission, path, { url: `${compute}${path}`, params })
        found.push(...itemsOf(page))
        pageToken = textOf(page, 'nextPageToken') ?? ''
      } while (pageToken !== '')
      return found
    },

    async change(permission, method, path, data, token) {
      const params: Record<string, string> = token === undefined ? {} : { requestId: requestId(token) }
      let operation = await send(permission, path, { method, url: `${compute}${path}`, params, data })
      while (!operationOf(operation).done) {
        const asked = path.includes('/zones/') ? 'compute.zoneOperations.get' : 'compute.globalOperations.get'
        const name = textOf(operation, 'name') ?? ''
        const url = `${compute}${placeOf(path)}/operations/${name}/wait`
        operation = await send(asked, name, { method: 'POST', url })
      }
      const { problem } = operationOf(operation)
      if (problem !== undefined) throw new SindriError('failed', `${permission} on ${path} failed: ${problem}`)
    },
  }
}

/** https://google.aip.dev/160, as Compute Engine's lists take it. */
function filterOf({ name, labels = {} }: { readonly name?: string; readonly labels?: LabelFilter }): string {
  const wanted = Object.entries(labels).map(([key, value]) =>
    value === '*' ? `(labels.${key}:*)` : `(labels.${key}="${value}")`,
  )
  return [...(name === undefined ? [] : [`(name="${name}")`]), ...wanted].join(' ')
}

/** `projects/p/zones/z` or `projects/p/global`, whose operations belong to a path below it. */
function placeOf(path: string): string {
  return /^projects\/[^/]+\/(global|zones\/[^/]+)/.exec(path)?.[0] ?? ''
}

/** A UUID (version 4 by its form) that is the same for the same token: with it Google begins a thing once. */
export function requestId(token: string): string {
  const hex = digest(token)
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
