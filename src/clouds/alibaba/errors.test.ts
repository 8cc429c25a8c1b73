import { expect, test } from 'vitest'
import { alibabaError, credentialError, refusalOf } from './errors.ts'

function errorOf(status: number, Code: string, Message = 'words') {
  const refusal = refusalOf(status, JSON.stringify({ Code, Message, RequestId: '1' }))
  return alibabaError(refusal, 'ecs:RunInstances', 'cn-hangzhou', 'ALICLOUD_ACCESS_KEY of the environment')
}

test.each([
  [404, 'InvalidAccessKeyId.NotFound', 'credentials'],
  [400, 'SignatureDoesNotMatch', 'credentials'],
  [403, 'Forbidden.RAM', 'denied'],
  [400, 'Throttling.User', 'timeout'],
  [503, 'ServiceUnavailable', 'timeout'],
  [403, 'DependencyViolation.VSwitch', 'timeout'],
  [404, 'InvalidImageId.NotFound', 'not-found'],
  [400, 'KeyPair.AlreadyExist', 'conflict'],
  [403, 'QuotaExceed.ElasticQuota', 'failed'],
  [501, 'NotImplemented', 'failed'],
])('%i %s is %s', (status, code, kind) => {
  const error = errorOf(status, code)
  expect(error).toMatchObject({ code: kind, message: expect.stringContaining(code) })
})

test('credentials that are refused are named by where they are from, and the sites are told of', () => {
  expect(errorOf(400, 'SignatureDoesNotMatch', 'Wrong. server string to sign is:POST&secret')).toMatchObject({
    message:
      'Alibaba Cloud credentials from ALICLOUD_ACCESS_KEY of the environment were not accepted: Wrong. (SignatureDoesNotMatch)',
    hint: expect.stringContaining('international'),
  })
})

test('an answer that is not Alibaba Cloud’s is told by its status', () => {
  const error = alibabaError(refusalOf(502, '<html>'), 'ecs:DescribeImages', 'cn-hangzhou', 'x')
  expect(error).toMatchObject({ code: 'timeout', message: expect.stringContaining('HTTP 502') })
})

test('what the library quotes of a file of credentials is not passed on', () => {
  const quoted = new Error("parse aliyun cli config from '~/.aliyun/config.json' failed: { secret")
  expect(credentialError(quoted, 'profile "x"').message).not.toContain('secret')
})
