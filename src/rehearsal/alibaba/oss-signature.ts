import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Request } from '../kit/front.ts'
import { alibabaError } from './alibaba-error.ts'
import { type Key, keyOf } from './signature.ts'

const clockSkewMs = 15 * 60_000
const form =
  /^OSS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/oss\/aliyun_v4_request(?:, ?AdditionalHeaders=([^,]*))?, ?Signature=([0-9a-f]{64})$/

/**
 * Verifies OSS's signature of version 4 in the header; no other is taken.
 * https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4 (2026-11)
 */
export function verifyOss(
  request: Request,
  place: { readonly bucket: string; readonly region: string },
  now: number,
): Key {
  const [, id = '', day = '', region = '', additional = '', signature = ''] =
    form.exec(headerOf(request, 'authorization')) ?? []
  if (id === '')
    throw alibabaError('AccessDenied', 'Anonymous access and signatures older than version 4 are forbidden.')
  const key = keyOf(id)
  if (key === undefined)
    throw alibabaError('InvalidAccessKeyId', 'The OSS Access Key Id you provided does not exist in our records.')
  if (headerOf(request, 'x-oss-security-token') !== (key.token ?? ''))
    throw alibabaError('InvalidSecurityToken', 'The security token you provided is invalid.')
  const time = headerOf(request, 'x-oss-date')
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(now - at) <= clockSkewMs) || !time.startsWith(day))
    throw alibabaError(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    )
  if (region !== place.region) throw alibabaError('InvalidArgument', 'Invalid signing region in Authorization header.')
  if (headerOf(request, 'x-oss-content-sha256') !== 'UNSIGNED-PAYLOAD')
    throw alibabaError('InvalidArgument', 'The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD.')
  const scope = `${day}/${region}/oss/aliyun_v4_request`
  const hashed = createHash('sha256')
    .update(canonical(request, place.bucket, additional))
    .digest('hex')
  const text = `OSS4-HMAC-SHA256\n${time}\n${scope}\n${hashed}`
  let secret: Buffer | string = `aliyun_v4${key.secret}`
  for (const word of scope.split('/')) secret = createHmac('sha256', secret).update(word).digest()
  const expected = createHmac('sha256', secret).update(text).digest('hex')
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature)))
    throw alibabaError(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    )
  return key
}

function canonical(request: Request, bucket: string, additional: string): string {
  const [path = '', query = ''] = request.target.split('?')
  const more = additional === '' ? [] : additional.split(';')
  const names = Object.keys(request.headers).filter(
    (name) => name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5' || more.includes(name),
  )
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('=').map((text) => encode(decodeURIComponent(text))))
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  const key = path.split('/').map((word) => encode(decodeURIComponent(word)))
  return [
    request.method,
    `/${bucket}${key.join('/')}`,
    pairs.map(([name, value = '']) => (value === '' ? name : `${name}=${value}`)).join('&'),
    ...names.sort().map((name) => `${name}:${headerOf(request, name)}`),
    '',
    additional,
    'UNSIGNED-PAYLOAD',
  ].join('\n')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function headerOf(request: Request, name: string): string {
  const value = request.headers[name]
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim()
}
