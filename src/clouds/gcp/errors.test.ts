import { expect, test } from 'vitest'
import { SindriError } from '../../core/error.ts'
import { isGone, unlessGone } from '../gone.ts'
import { gcpError } from './errors.ts'

const image = 'projects/my-project-1/global/images/golden'

/** An error as the library throws it when Compute Engine refused. */
function refused(status: number, reason: string, message = 'what Google said'): Error {
  const data = { error: { code: status, message, errors: [{ reason, message, domain: 'global' }] } }
  return Object.assign(new Error(message), { response: { status, data } })
}

function ours(error: unknown): SindriError {
  return gcpError(error, 'compute.images.delete', image, '/keys/builder.json')
}

test.each([
  [403, 'forbidden', 'denied'],
  [403, 'accessNotConfigured', 'denied'],
  [403, 'rateLimitExceeded', 'timeout'],
  [429, 'rateLimitExceeded', 'timeout'],
  [503, 'backendError', 'timeout'],
  [400, 'resourceNotReady', 'timeout'],
  [400, 'resourceInUseByAnotherResource', 'timeout'],
  [401, 'authError', 'credentials'],
  [404, 'notFound', 'not-found'],
  [409, 'alreadyExists', 'conflict'],
  [400, 'invalid', 'failed'],
  [501, 'notImplemented', 'failed'],
])('%i %s of Google is our %s, with what Google said', (status, reason, code) => {
  const cause = refused(status, reason)
  const error = ours(cause)
  expect(error).toMatchObject({ code, cause })
  expect(error.message).toContain('what Google said')
})

test('a refused call names its permission, or the one that Google says is lacking', () => {
  expect(ours(refused(403, 'forbidden')).hint).toContain('grant compute.images.delete')
  const message = "Required 'compute.disks.useReadOnly' permission for 'projects/p/zones/z/disks/d'"
  expect(ours(refused(403, 'forbidden', message)).hint).toContain('grant compute.disks.useReadOnly')
})

test('credentials that are not accepted are told with where they come from', () => {
  const data = { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }
  const wrong = ours(Object.assign(new Error('invalid_grant'), { response: { status: 400, data } }))
  expect(wrong.code).toBe('credentials')
  expect(wrong.message).toContain('/keys/builder.json')
  expect(wrong.message).toContain('Invalid JWT Signature.')
  const none = ours(new Error('Could not load the default credentials. Browse to https://cloud.google.com/docs'))
  expect(none).toMatchObject({ code: 'credentials', hint: expect.stringContaining('application-default login') })
})

test('a broken connection is worth another try; a host that does not exist is not', () => {
  expect(ours(Object.assign(new Error('fetch failed'), { cause: { code: 'ECONNRESET' } })).code).toBe('timeout')
  expect(ours(Object.assign(new Error('fetch failed'), { cause: { code: 'ENOTFOUND' } })).code).toBe('failed')
})

test('an error that is ours already stays as it is, and anything thrown is told of', () => {
  const already = new SindriError('conflict', 'taken')
  expect(ours(already)).toBe(already)
  expect(ours('text')).toMatchObject({ code: 'failed' })
})

test('what is gone already counts as removed; every other failure is passed on', async () => {
  const gone = ours(refused(404, 'notFound'))
  const used = ours(refused(409, 'alreadyExists'))
  expect([gone, used].map(isGone)).toEqual([true, false])
  await expect(unlessGone(Promise.reject(gone))).resolves.toBeUndefined()
  await expect(unlessGone(Promise.reject(used))).rejects.toBe(used)
})
