import { createHash, timingSafeEqual, verify } from 'node:crypto'
import type { Request } from '../kit/front.ts'
import type { ApiKey } from './api-key.ts'
import { type OciError, ociError } from './oci-error.ts'

/** https://docs.oracle.com/iaas/Content/API/Concepts/signingrequests.htm (2026-11) */
const largestSkewMs = 5 * 60_000
const always = ['(request-target)', 'host'] as const
const withBody = ['content-length', 'content-type', 'x-content-sha256'] as const

/**
 * Whether a request is signed with the rehearsal's own key; Oracle's refusal otherwise, which never tells why.
 * @param unsignedBody what is sent to Object Storage need not be part of it
 */
export function checkSignature(request: Request, key: ApiKey, now: number, unsignedBody: boolean): void {
  const { method, target, headers, body } = request
  const header = (name: string): string => String(headers[name] ?? '')
  const [, scheme = ''] = /^Signature (.+)$/s.exec(header('authorization')) ?? []
  const fields = new Map([...scheme.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
  const signed = (fields.get('headers') ?? '').toLowerCase().split(' ')
  const date = signed.includes('x-date') ? 'x-date' : 'date'
  const required = [...always, date, ...(/^(POST|PUT|PATCH)$/.test(method) && !unsignedBody ? withBody : [])]
  const lines = signed.map((name) =>
    name === '(request-target)' ? `${name}: ${method.toLowerCase()} ${target}` : `${name}: ${header(name)}`,
  )
  const genuine =
    fields.get('version') === '1' &&
    fields.get('algorithm') === 'rsa-sha256' &&
    key.keyIds.has(fields.get('keyId') ?? '') &&
    required.every((name) => signed.includes(name)) &&
    Math.abs(Date.parse(header(date)) - now) <= largestSkewMs &&
    (!signed.includes('x-content-sha256') || same(header('x-content-sha256'), hashOf(body))) &&
    verify('sha256', Buffer.from(lines.join('\n')), key.publicKey, Buffer.from(fields.get('signature') ?? '', 'base64'))
  if (!genuine) throw notAuthenticated()
}

function notAuthenticated(): OciError {
  const message = 'The required information to complete authentication was not provided or was incorrect.'
  return ociError('NotAuthenticated', message)
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64')
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
