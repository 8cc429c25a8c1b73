import { expect, test } from 'vitest'
import { alibabaStandIns } from './credentials.ts'

test('without credentials a key is made up; any that are there are used, complete or not', () => {
  expect(Object.keys(alibabaStandIns({ ALIBABA_CLOUD_PROFILE: '' }))).toEqual([
    'ALIBABA_CLOUD_ACCESS_KEY_ID',
    'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  ])
  for (const name of ['ALICLOUD_ACCESS_KEY', 'ALIBABA_CLOUD_ACCESS_KEY_ID', 'ALICLOUD_PROFILE', 'SECURITY_TOKEN'])
    expect(alibabaStandIns({ [name]: 'x' })).toEqual({})
})
