import { expect, test } from 'vitest'
import { SindriError } from '../../core/error.ts'
import { isGone, unlessGone } from '../gone.ts'
import { awsError } from './errors.ts'

/** An error as the SDK throws it: AWS's code is its name. */
function thrown(name: string, message = 'what AWS said', more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more })
}

test.each([
  ['UnauthorizedOperation', 'denied'],
  ['AccessDenied', 'denied'],
  ['AuthFailure', 'credentials'],
  ['ExpiredToken', 'credentials'],
  ['CredentialsProviderError', 'credentials'],
  ['RequestLimitExceeded', 'timeout'],
  ['Throttling', 'timeout'],
  ['InternalError', 'timeout'],
  ['InvalidAMIID.NotFound', 'not-found'],
  ['InvalidAMIID.Unavailable', 'not-found'],
  ['InvalidAMIID.Malformed', 'not-found'],
  ['InvalidInstanceID.NotFound', 'not-found'],
  ['DependencyViolation', 'failed'],
  ['InvalidParameterValue', 'failed'],
])('%s of AWS is our %s, with the action, the region and what AWS said', (name, code) => {
  const cause = thrown(name)
  const error = awsError(cause, 'ec2:CopyImage', 'eu-west-1')
  expect(error).toMatchObject({ code, cause })
  expect(error.message).toContain('ec2:CopyImage in eu-west-1')
  expect(error.message).toContain('what AWS said')
})

test('what a permission or credentials would mend has a hint that says so', () => {
  expect(awsError(thrown('UnauthorizedOperation'), 'ec2:CopyImage', 'eu-west-1').hint).toContain('add ec2:CopyImage')
  expect(awsError(thrown('ExpiredToken'), 'ec2:CopyImage', 'eu-west-1').hint).toContain('AWS_PROFILE')
})

test('a broken connection is worth another try; a host that does not exist is not, and its region may be wrong', () => {
  const broken = awsError(thrown('Error', 'read ECONNRESET', { code: 'ECONNRESET' }), 'ec2:RunInstances', 'us-east-1')
  expect(broken.code).toBe('timeout')
  const unknown = awsError(thrown('Error', 'getaddrinfo', { code: 'ENOTFOUND' }), 'ec2:RunInstances', 'mars-1')
  expect(unknown).toMatchObject({ code: 'failed', hint: expect.stringContaining('mars-1') })
})

test('an error that is ours already stays as it is, and anything thrown is told of', () => {
  const ours = new SindriError('conflict', 'taken')
  expect(awsError(ours, 'ec2:CopyImage', 'eu-west-1')).toBe(ours)
  expect(awsError('text', 'ec2:CopyImage', 'eu-west-1')).toMatchObject({ code: 'failed' })
})

test('what is gone already counts as removed; every other failure is passed on', async () => {
  const gone = awsError(thrown('InvalidSnapshot.NotFound'), 'ec2:DeleteSnapshot', 'us-east-1')
  const used = awsError(thrown('InvalidSnapshot.InUse'), 'ec2:DeleteSnapshot', 'us-east-1')
  expect([gone, used].map(isGone)).toEqual([true, false])
  await expect(unlessGone(Promise.reject(gone))).resolves.toBeUndefined()
  await expect(unlessGone(Promise.reject(used))).rejects.toBe(used)
})

test.each(['EAI_AGAIN', 'ENETUNREACH', 'SlowDown'])('%s is worth another try', (code) => {
  const error = Object.assign(new Error('away'), { code })
  expect(awsError(error, 'ec2:CopyImage', 'eu-central-1').code).toBe('timeout')
})

test('a fault of the server is worth another try whatever it calls itself', () => {
  const failed = (httpStatusCode: number) => Object.assign(new Error('away'), { $metadata: { httpStatusCode } })
  expect(awsError(failed(502), 'ec2:CopyImage', 'eu-central-1').code).toBe('timeout')
  expect(awsError(failed(501), 'ec2:CopyImage', 'eu-central-1').code).toBe('failed')
})
