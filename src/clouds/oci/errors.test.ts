import { expect, test } from 'vitest'
import type { SindriError } from '../../core/error.ts'
import { isGone } from '../gone.ts'
import { type Asked, ociError, unanswered } from './errors.ts'

const asked: Asked = {
  operation: 'DeleteImage',
  what: 'images/ocid1.image.oc1..a',
  credentials: 'profile "X" of /keys/config',
  exists: false,
}

test.each([
  [401, 'NotAuthenticated', 'credentials'],
  [403, 'NotAllowed', 'denied'],
  [404, 'NotAuthorizedOrNotFound', 'not-found'],
  [400, 'LimitExceeded', 'failed'],
  [400, 'InvalidParameter', 'failed'],
  [409, 'IncorrectState', 'timeout'],
  [409, 'InvalidatedRetryToken', 'conflict'],
  [412, 'NoEtagMatch', 'conflict'],
  [429, 'TooManyRequests', 'timeout'],
  [500, 'InternalServerError', 'timeout'],
  [501, 'MethodNotImplemented', 'failed'],
])('%i %s of Oracle is our %s, with what Oracle said', (status, code, ours) => {
  const error = ociError({ status, code, message: 'what Oracle said' }, asked)
  expect(error).toMatchObject({ code: ours, message: expect.stringContaining('what Oracle said') })
  expect(error.message).toContain(code)
})

test('the answer that says neither which is a refusal where there can be nothing to find', () => {
  const answer = { status: 404, code: 'NotAuthorizedOrNotFound', message: 'no' }
  expect(isGone(ociError(answer, asked))).toBe(true)
  const error = ociError(answer, { ...asked, exists: true })
  expect(error).toMatchObject({ code: 'denied', hint: expect.stringContaining('sindri vm permissions') })
})

test('credentials that are not accepted are told with where they come from', () => {
  const error = ociError({ status: 401, code: 'NotAuthenticated', message: 'no' }, asked)
  expect(error.message).toContain('profile "X" of /keys/config')
  expect(error.hint).toContain('oci setup config')
})

test('a full data centre is not worth another try, a limit is told as one', () => {
  const full = ociError({ status: 500, code: 'InternalError', message: 'Out of host capacity.' }, asked)
  expect(full).toMatchObject({ code: 'failed', hint: expect.stringContaining('another availability domain') })
  const limit = ociError({ status: 400, code: 'LimitExceeded', message: 'no' }, asked)
  expect(limit.message).toContain('a limit of the tenancy')
})

test('a broken connection is worth another try; a host that does not exist is not', () => {
  const broken = (code: string): SindriError =>
    ociError(unanswered(new Error('fetch failed', { cause: Object.assign(new Error(code), { code }) })), asked)
  expect(broken('ECONNRESET').code).toBe('timeout')
  expect(broken('ENOTFOUND')).toMatchObject({ code: 'failed', hint: 'check the region and the network' })
})
