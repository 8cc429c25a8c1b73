import { createHash, randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { openOss } from '../src/clouds/alibaba/api-oss.ts'
import { connectAlibabaDisk } from '../src/clouds/alibaba/disk-api.ts'
import type { AlibabaDiskApi } from '../src/clouds/alibaba/disk-port.ts'
import { ossSink } from '../src/clouds/alibaba/oss-sink.ts'
import { credentials, temporary } from '../src/rehearsal/alibaba/signature.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'

const region = 'eu-central-1'
const place = { region, bucket: 'golden-disks', key: 'sindri/a b+é(1)/disk.qcow2' }
const partBytes = 8 * 1024 * 1024
const here = useRehearsal()

let disks: AlibabaDiskApi
beforeEach(async () => {
  disks = connect(credentials)
  await disks.createBucket(place)
})

function connect(key: { readonly id: string; readonly secret: string; readonly token?: string }): AlibabaDiskApi {
  return connectAlibabaDisk({
    region,
    credentials: { kind: 'key', name: 'the test', ...key, token: key.token },
  })
}

test('temporary keys sign with their token; a wrong secret, an unknown key and a clock that is wrong are refused', async () => {
  expect(await connect(temporary).bucket(place)).toEqual({ region, access: 'private' })
  for (const key of [
    { ...credentials, secret: 'x' },
    { ...temporary, token: 'x' },
    { ...credentials, id: 'LTAIx' },
  ])
    await expect(connect(key).bucket(place)).rejects.toMatchObject({ code: 'credentials' })
  here.now += 20 * 60_000
  await expect(disks.bucket(place)).rejects.toThrow('RequestTimeTooSkewed')
})

test('what is not there is undefined, and removing it does no harm', async () => {
  expect(await disks.bucket({ ...place, bucket: 'nobody-has-it' })).toBeUndefined()
  expect(await disks.object({ ...place, bucket: 'nobody-has-it' })).toBeUndefined()
  expect(await disks.object(place)).toBeUndefined()
  expect(await disks.uploads({ ...place, bucket: 'nobody-has-it' }, '')).toEqual([])
  await disks.deleteObject(place)
  await disks.abortUpload(place, 'GONE')
  await expect(disks.parts(place, 'GONE')).rejects.toMatchObject({ code: 'not-found' })
})

test('parts in any order become one object with its marks and its checksum; what was stored is not sent again', async () => {
  const bytes = randomBytes(2 * partBytes + 100)
  const upload = await disks.beginUpload(place, { of: 'test' })
  expect(await disks.uploads(place, 'sindri/')).toEqual([{ key: place.key, id: upload }])
  const piece = (index: number): Buffer => bytes.subarray(index * partBytes, (index + 1) * partBytes)
  const first = ossSink(disks, place, upload)
  expect(await first.put(2, piece(2), false)).toBe(100)
  expect(await first.put(0, piece(0), false)).toBe(partBytes)

  const second = ossSink(disks, place, upload)
  expect(await second.stored()).toEqual(new Set([0, 2]))
  expect(await second.put(0, piece(0), true)).toBe(0)
  expect(await second.put(2, piece(2), false)).toBe(0)
  expect(await second.put(1, piece(1), false)).toBe(partBytes)
  await second.finish(bytes.length)
  // The answer may have been lost: then it is asked for again.
  await second.finish(bytes.length)
  expect(await disks.object(place)).toMatchObject({ sizeBytes: bytes.length, marks: { of: 'test' } })
})

test('an object that is not what was sent is removed, and told of', async () => {
  const upload = await disks.beginUpload(place, {})
  const bytes = randomBytes(1000)
  const sink = ossSink(
    { ...disks, completeUpload: async (...of) => `${await disks.completeUpload(...of)}1` },
    place,
    upload,
  )
  await sink.put(0, bytes, false)
  await expect(sink.finish(bytes.length)).rejects.toThrow('did not arrive as it was sent')
  expect(await disks.object(place)).toBeUndefined()
})

test('bytes that are not those of the checksum are refused, and worth another try', async () => {
  const upload = await disks.beginUpload(place, {})
  const md5 = createHash('md5').update('other').digest()
  const put = disks.putPart(place, upload, 1, randomBytes(1000), md5)
  await expect(put).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('InvalidDigest') })
  expect((await disks.parts(place, upload)).size).toBe(0)
})

test('a disk of any size is sent in at most ten thousand parts', () => {
  const sink = ossSink(disks, place, 'any')
  expect(sink.partBytes(1000)).toBe(partBytes)
  for (const sizeBytes of [partBytes * 10_000, partBytes * 10_000 + 1, 2048 * 1024 ** 3 + 5])
    expect(Math.ceil(sizeBytes / sink.partBytes(sizeBytes))).toBeLessThanOrEqual(10_000)
})

test('what the stand-in lacks of OSS is answered 501, naming it', async () => {
  const oss = openOss(async () => ({ ...credentials, token: '' }), 'the test')
  const ask = (query: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
    oss.send('oss:Any', region, place.bucket, { method: 'GET', query, headers })
  await expect(ask({ lifecycle: '' })).rejects.toThrow('GET bucket lifecycle of OSS')
  await expect(ask({ uploads: '', delimiter: '/' })).rejects.toThrow('delimiter')
  await expect(ask({ uploads: '' }, { 'x-oss-request-payer': 'requester' })).rejects.toThrow('x-oss-request-payer')
})
