import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Request } from '../kit/front.ts'
import { awsError, notImplemented } from './aws-error.ts'
import type { Payload } from './call.ts'
import { regions } from './regions.ts'

/** The only credentials the stand-in takes: AWS's own documentation example, worthless anywhere else. */
export const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
} as const

/** The rehearsal's account, AWS's documentation example. */
export const account = '123456789012'

/** The identity behind `credentials`. */
export const userArn: string = `arn:aws:iam::${account}:user/rehearsal`

const clockSkewMs = 15 * 60_000

/** What the credential scope of a verified request says. */
export interface Scope {
  readonly region: string
  readonly service: string
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function headerOf(request: Request, name: string): string {
  const value = request.headers[name]
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().replace(/ +/g, ' ')
}

function refused(service: string): Error {
  if (service === 'ec2') return awsError('AuthFailure', 'AWS was not able to validate the provided access credentials')
  return awsError(
    service === 'sts' || service === 's3' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  )
}

function unknownKey(service: string): Error {
  if (service === 'ec2') return refused(service)
  if (service === 's3')
    return awsError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.')
  return awsError(
    service === 'sts' ? 'InvalidClientTokenId' : 'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  )
}

/** EBS takes blocks whose bytes are not signed: their checksum is. S3 leaves it to the client. */
function payloadHash(request: Request, payload: Payload, service: string): string {
  const given = headerOf(request, 'x-amz-content-sha256')
  const free = service === 's3' || (service === 'ebs' && request.method === 'PUT')
  if (given === 'UNSIGNED-PAYLOAD' && free) return given
  if (given.startsWith('STREAMING-')) throw notImplemented(`bodies signed as ${given}`)
  const actual = payload.sha256().toString('hex')
  if (given !== '' && given !== actual) throw refused(service)
  return actual
}

/** The service a request claims to be signed for; nothing is verified. */
export function claimedService(request: Request): string | undefined {
  return /Credential=[^/]+\/\d{8}\/[^/]+\/([a-z0-9-]+)\//.exec(headerOf(request, 'authorization'))?.[1]
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

const signingKeys = new Map<string, Buffer>()
const mostSigningKeys = 100

/** The key of a day, a region and a service. It is asked for with every block of a disk, and so is remembered. */
function signingKey(day: string, region: string, service: string): Buffer {
  const name = [day, region, service].join('/')
  const known = signingKeys.get(name)
  if (known !== undefined) return known
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${credentials.secretAccessKey}`, day))
  if (signingKeys.size >= mostSigningKeys) signingKeys.clear()
  signingKeys.set(name, key)
  return key
}

/**
 * Verifies a Signature Version 4 and gives its scope; errors as each service words them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(request: Request, payload: Payload, now: number): Scope {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const [, keyId, day, region, service, signed, signature] = pattern.exec(headerOf(request, 'authorization')) ?? []
  if (!keyId || !day || !region || !service || !signed || !signature) {
    throw awsError('MissingAuthenticationToken', 'Request is missing Authentication Token')
  }
  if (keyId !== credentials.accessKeyId) {
    throw unknownKey(service)
  }
  const date = headerOf(request, 'x-amz-date')
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!date.startsWith(day)) throw refused(service)
  if (!(Math.abs(now - at) <= clockSkewMs))
    throw awsError(service === 's3' ? 'RequestTimeTooSkewed' : 'RequestExpired', 'Request has expired.')

  const names = signed.split(';')
  if (!names.includes('host')) throw refused(service)
  const query = [...request.query].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort()
  const canonical = [
    request.method,
    request.path,
    query.join('&'),
    ...names.map((name) => `${name}:${headerOf(request, name)}`),
    '',
    signed,
    payloadHash(request, payload, service),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const expected = hmac(signingKey(day, region, service), `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`)
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) throw refused(service)
  // An account that has not opted in to a region is unknown there.
  if (!regions.includes(region)) throw unknownKey(service)
  return { region, service }
}
