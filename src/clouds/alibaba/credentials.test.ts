import { expect, test } from 'vitest'
import { alibabaStandIns, credentialSource } from './credentials.ts'

test('without credentials a key is made up; any that are there are used, complete or not', () => {
  expect(Object.keys(alibabaStandIns({ ALIBABA_CLOUD_PROFILE: '' }))).toEqual([
    'ALIBABA_CLOUD_ACCESS_KEY_ID',
    'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  ])
  for (const name of ['ALICLOUD_ACCESS_KEY', 'ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALICLOUD_PROFILE', 'SECURITY_TOKEN'])
    expect(alibabaStandIns({ [name]: 'x' })).toEqual({})
})

test('a role comes before a key and a key before a profile; Alibaba Cloud’s own names before the builder’s', () => {
  const key = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'a', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'b', ALICLOUD_ACCESS_KEY: 'c' }
  const profile = { ALICLOUD_PROFILE: 'images' }
  expect(credentialSource({ ...key, ...profile, ALIBABA_CLOUD_ECS_METADATA: 'builder' })).toMatchObject({
    kind: 'role',
    role: 'builder',
  })
  expect(credentialSource({ ...key, ...profile })).toMatchObject({
    kind: 'key',
    id: 'a',
    secret: 'b',
    token: undefined,
  })
  expect(credentialSource({ ...profile, ALICLOUD_ACCESS_KEY: 'half' })).toMatchObject({ profile: 'images' })
  expect(credentialSource({})).toBeUndefined()
})

test('half a key is told of by what is lacking, and never by its value', () => {
  const message =
    'ALIBABA_CLOUD_ACCESS_KEY_SECRET is set, and ALIBABA_CLOUD_ACCESS_KEY_ID or ALICLOUD_ACCESS_KEY is not'
  expect(() => credentialSource({ ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'value' })).toThrow(
    expect.objectContaining({ code: 'credentials', message }),
  )
})
