import { expect, test } from 'vitest'
import { signed, targetOf } from './oss-signature.ts'

const request = {
  method: 'PUT',
  bucket: 'bucket',
  key: '1234+-/123/1.txt',
  query: { param1: 'value1', '+param1': 'value3', '|param1': 'value4', '+param2': '', '|param2': '', param2: '' },
  headers: { 'x-oss-head1': 'value', abc: 'value', xyz: 'value', 'content-type': 'text/plain' },
} as const
const at = 1702743657_000

test('the signature is the one that Alibaba Cloud’s own client makes of this request', () => {
  // Of the tests of alibabacloud-oss-v2 1.4.1 (2026-11).
  const { authorization } = signed(request, { id: 'ak', secret: 'sk', token: '' }, 'cn-hangzhou', at)
  expect(authorization).toBe(
    'OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe',
  )
})

test('the token of temporary keys is sent and signed', () => {
  const of = (token: string) => signed(request, { id: 'ak', secret: 'sk', token }, 'cn-hangzhou', at)
  expect(of('token')['x-oss-security-token']).toBe('token')
  expect(of('')).not.toHaveProperty('x-oss-security-token')
  expect(of('token').authorization).not.toBe(of('other').authorization)
})

test('keys and words are sent as they were signed', () => {
  expect(targetOf({ key: 'a b/é+(1).qcow2', query: { uploads: '', prefix: 'a/b' } })).toBe(
    '/a%20b/%C3%A9%2B%281%29.qcow2?prefix=a%2Fb&uploads',
  )
})
