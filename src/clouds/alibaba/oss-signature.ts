import { createHash, createHmac } from 'node:crypto'

/** A request to OSS, as it is signed. Names of headers are in lower case. */
export interface OssRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  readonly bucket: string
  /** Empty for the bucket itself. */
  readonly key: string
  /** A word without a value has an empty one. */
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/** Keys as the credentials give them; `token` is empty for those that last. */
export interface OssKeys {
  readonly id: string
  readonly secret: string
  readonly token: string
}

const algorithm = 'OSS4-HMAC-SHA256'

/**
 * The headers of a request with OSS's signature of version 4. The body is not signed: it goes by TLS, and with its MD5,
 * which is. https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4 (2026-11)
 */
export function signed(
  request: OssRequest,
  keys: OssKeys,
  region: string,
  now: number,
): Readonly<Record<string, string>> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const headers = {
    ...request.headers,
    'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
    'x-oss-date': time,
    ...(keys.token !== '' && { 'x-oss-security-token': keys.token }),
  }
  const canonical = [
    request.method,
    `/${request.bucket}/${encodedPath(request.key)}`,
    queryOf(request.query),
    ...Object.entries(headers)
      .filter(([name]) => name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `${name}:${value.trim()}`),
    '',
    '',
    'UNSIGNED-PAYLOAD',
  ].join('\n')
  const scope = `${day}/${region}/oss/aliyun_v4_request`
  const hashed = createHash('sha256').update(canonical).digest('hex')
  const text = [algorithm, time, scope, hashed].join('\n')
  const key = scope.split('/').reduce<Buffer | string>((secret, word) => hmac(secret, word), `aliyun_v4${keys.secret}`)
  const signature = hmac(key, text).toString('hex')
  return { ...headers, authorization: `${algorithm} Credential=${keys.id}/${scope},Signature=${signature}` }
}

/** Path and query of a request, as they are sent. */
export function targetOf({ key, query }: Pick<OssRequest, 'key' | 'query'>): string {
  const words = queryOf(query)
  return `/${encodedPath(key)}${words === '' ? '' : `?${words}`}`
}

function queryOf(query: OssRequest['query']): string {
  return Object.entries(query)
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&')
}

function encodedPath(key: string): string {
  return key.split('/').map(encoded).join('/')
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
