import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Request } from '../kit/front.ts'
import { alibabaError } from './alibaba-error.ts'

/** A key, and the token that comes with that of a role. */
export interface Key {
  readonly id: string
  readonly secret: string
  readonly token?: string
}

/** The only credentials the stand-in takes, worthless anywhere else. */
export const credentials: Key = { id: 'LTAI5tRehearsalExample01', secret: 'RehearsalExampleSecretOfAUser0' }

/** Those of a role, which come with a token. */
export const temporary: Key = {
  id: 'STS.RehearsalExample01',
  secret: 'RehearsalExampleSecretOfARole0',
  token: 'RehearsalExampleSecurityToken',
}

/** The key of this id. */
export function keyOf(id: string): Key | undefined {
  return [credentials, temporary].find((key) => key.id === id)
}

/** The rehearsal's account. */
export const account = '1234567890123456'

const clockSkewMs = 15 * 60_000

/** Verifies what a request is signed with. */
export interface Verifier {
  /** The one whose key it is. */
  verify(request: Request, parameters: ReadonlyMap<string, string>, now: number): Key
}

/** Verifies both of Alibaba Cloud's signatures; a nonce is good for one request. */
export function openVerifier(): Verifier {
  const nonces = new Map<string, number>()

  function checkOnce(nonce: string, now: number): void {
    for (const [old, at] of nonces) if (now - at > 2 * clockSkewMs) nonces.delete(old)
    if (nonce === '') throw alibabaError('MissingSignatureNonce', 'SignatureNonce is mandatory for this action.')
    if (nonces.has(nonce)) throw alibabaError('SignatureNonceUsed', 'Specified signature nonce was used already.')
    nonces.set(nonce, now)
  }

  return {
    verify(request, parameters, now) {
      const header = headerOf(request, 'authorization')
      const acs3 = /^ACS3-HMAC-SHA256 /.test(header)
      if (!acs3 && !parameters.has('Signature'))
        throw alibabaError('MissingSignature', 'Signature is mandatory for this action.')
      const read = acs3 ? fromHeaders(request, header) : fromParameters(request, parameters)
      const key = keyOf(read.keyId)
      if (key === undefined) throw alibabaError('InvalidAccessKeyId.NotFound', 'Specified access key is not found.')
      if (read.token !== (key.token ?? ''))
        throw alibabaError(
          'InvalidSecurityToken.MismatchWithAccessKey',
          'Specified SecurityToken mismatch with the AccessKey.',
        )
      if (!(Math.abs(now - Date.parse(read.time)) <= clockSkewMs))
        throw alibabaError('InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.')
      const expected = Buffer.from(read.expected(key.secret))
      const given = Buffer.from(read.signature)
      if (expected.length !== given.length || !timingSafeEqual(expected, given))
        throw alibabaError(
          'SignatureDoesNotMatch',
          `Specified signature is not matched with our calculation. server string to sign is:${read.stringToSign}`,
        )
      checkOnce(read.nonce, now)
      return key
    },
  }
}

interface Signed {
  readonly keyId: string
  readonly token: string
  readonly time: string
  readonly nonce: string
  readonly signature: string
  readonly stringToSign: string
  expected(secret: string): string
}

/** Version 1.0, with HMAC-SHA1. https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism (2026-11) */
function fromParameters(request: Request, parameters: ReadonlyMap<string, string>): Signed {
  const of = (name: string): string => parameters.get(name) ?? ''
  if (of('SignatureMethod') !== 'HMAC-SHA1' || of('SignatureVersion') !== '1.0')
    throw alibabaError('InvalidSignatureMethod', 'The specified SignatureMethod or SignatureVersion is not supported.')
  const canonical = canonicalQuery([...parameters].filter(([name]) => name !== 'Signature'))
  const stringToSign = `${request.method}&${encode('/')}&${encode(canonical)}`
  return {
    keyId: of('AccessKeyId'),
    token: of('SecurityToken'),
    time: of('Timestamp'),
    nonce: of('SignatureNonce'),
    signature: of('Signature'),
    stringToSign,
    expected: (secret) => createHmac('sha1', `${secret}&`).update(stringToSign).digest('base64'),
  }
}

/** Version 3, with HMAC-SHA256. https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature (2026-11) */
function fromHeaders(request: Request, header: string): Signed {
  const [, keyId = '', signed = '', signature = ''] =
    /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(header) ?? []
  const names = signed.split(';')
  const hashed = sha256(request.body)
  if (!names.includes('host') || !names.includes('x-acs-content-sha256'))
    throw alibabaError('IncompleteSignature', 'The request signature does not conform to Alibaba Cloud standards.')
  if (headerOf(request, 'x-acs-content-sha256') !== hashed)
    throw alibabaError('InvalidParameter.ContentSha256', 'The body is another one than x-acs-content-sha256 says.')
  const canonical = [
    request.method,
    request.path,
    canonicalQuery([...request.query]),
    ...names.map((name) => `${name}:${headerOf(request, name)}`),
    '',
    signed,
    hashed,
  ].join('\n')
  const stringToSign = `ACS3-HMAC-SHA256\n${sha256(canonical)}`
  return {
    keyId,
    token: headerOf(request, 'x-acs-security-token'),
    time: headerOf(request, 'x-acs-date'),
    nonce: headerOf(request, 'x-acs-signature-nonce'),
    signature,
    stringToSign,
    expected: (secret) => createHmac('sha256', secret).update(stringToSign).digest('hex'),
  }
}

function canonicalQuery(pairs: readonly (readonly [string, string])[]): string {
  return pairs
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function headerOf(request: Request, name: string): string {
  const value = request.headers[name]
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim()
}
