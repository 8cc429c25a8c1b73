import { expect, test } from 'vitest'
import { loadConfig } from './load.ts'
import { releaseOf } from './release.ts'
import { storePlace, storeRule } from './store-place.ts'

test.each([
  ['s3://b-1.x/one/two', { scheme: 's3', bucket: 'b-1.x', prefix: 'one/two', region: undefined }],
  ['s3://bucket/?region=eu-central-1', { scheme: 's3', bucket: 'bucket', prefix: '', region: 'eu-central-1' }],
  ['gs://a_b/releases/', { scheme: 'gs', bucket: 'a_b', prefix: 'releases' }],
  ['azblob://account1/records/a=b', { scheme: 'azblob', account: 'account1', container: 'records', prefix: 'a=b' }],
])('%s is an address of a store', (address, place) => {
  expect(storePlace(address)).toEqual(place)
  expect(storeRule.pattern?.test(address)).toBe(true)
})

test.each([
  ...['ftp://x/y', 's3:/bucket', 's3://Bucket', 's3://bucket/../other', 's3://bucket//a', 's3://bucket/a b'],
  ...['s3://bucket/a?endpoint=x', 'gs://b', 'azblob://account', 'azblob://acc-ount/records', 'bucket/prefix', ''],
  ...['s3://user:secret@bucket/x', 'https://account.blob.core.windows.net/c?sig=x'],
])('%s is none', (address) => {
  expect(storePlace(address)).toBeUndefined()
  expect(storeRule.pattern?.test(address)).toBe(false)
})

test('a wrong address is refused with what is accepted, in the config and as a flag', () => {
  const yaml = (store: string) =>
    `name: golden\nrelease: {version: '1', store: '${store}', targets: {aws: {regions: [eu-west-1]}}}`
  const asText = { code: 'config', message: expect.stringContaining('ftp://x') }
  expect(() => loadConfig(yaml('ftp://x'), 'sindri.yaml')).toThrow(expect.objectContaining(asText))
  const config = loadConfig(yaml('gs://bucket/one'), 'sindri.yaml')
  expect(releaseOf(config, {}).store).toMatchObject({ scheme: 'gs', prefix: 'one' })
  expect(releaseOf(config, { store: 's3://bucket/two' }).store).toMatchObject({ scheme: 's3', prefix: 'two' })
  expect(() => releaseOf(config, { store: 'ftp://x' })).toThrow(
    expect.objectContaining({ ...asText, hint: expect.stringContaining('azblob://') }),
  )
})
