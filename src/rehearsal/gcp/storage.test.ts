import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { GoogleAuth } from 'google-auth-library'
import { beforeEach, expect, test, vi } from 'vitest'
import { lastEntries } from '../kit/journal.ts'
import type { Json } from '../kit/json.ts'
import { filesOf } from '../places.ts'
import { useRehearsal } from '../rehearsal.fixture.ts'

const project = 'my-project-1'
const images = `https://compute.googleapis.com/compute/v1/projects/${project}/global/images`
const storage = 'https://storage.googleapis.com/storage/v1/'
const uploads = 'https://storage.googleapis.com/upload/storage/v1/b/disks/o?uploadType=resumable&name=disk.tar.gz'
const piece = randomBytes(256 * 1024)
const last = randomBytes(1000)

const here = useRehearsal()

interface Told extends Json {
  readonly http: number
  readonly headers: Headers
}

async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  data?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const auth = new GoogleAuth({
    scopes: 'https://www.googleapis.com/auth/cloud-platform',
    clientOptions: { transporterOptions: { fetchImplementation: fetch } },
  })
  const validateStatus = (): boolean => true
  const answer = await auth.request<Json>({ method, url, data, headers, validateStatus })
  return { ...answer.data, http: answer.status, headers: answer.headers }
}

const put = (url: string, bytes: Buffer | undefined, range: string): Promise<Told> =>
  ask('PUT', url, bytes, { 'content-range': range, 'content-type': 'application/octet-stream' })

async function begin(data: object = {}): Promise<string> {
  return (await ask('POST', uploads, data)).headers.get('location') ?? ''
}

/** Sends it whole. */
async function send(bytes: Buffer): Promise<Told> {
  return put(await begin(), bytes, `bytes 0-${bytes.length - 1}/${bytes.length}`)
}

beforeEach(async () => {
  for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  await ask('POST', `${storage}b?project=${project}`, { name: 'disks', location: 'EU' })
})

test('an upload goes on where it broke off, and its object has the checksums of all', async () => {
  const upload = await begin({ metadata: { disk: 'one' } })
  expect((await put(upload, undefined, 'bytes */*')).headers.get('range')).toBeNull()
  const first = await put(upload, piece, `bytes 0-${piece.length - 1}/*`)
  expect([first.http, first.headers.get('range')]).toEqual([308, `bytes=0-${piece.length - 1}`])
  await here.reopen()
  const asked = await put(upload, undefined, 'bytes */*')
  expect([asked.http, asked.headers.get('range')]).toEqual([308, `bytes=0-${piece.length - 1}`])
  // What it has already it passes over.
  const all = Buffer.concat([piece, last])
  const whole = await put(upload, all, `bytes 0-${all.length - 1}/${all.length}`)
  expect(whole).toMatchObject({
    http: 200,
    size: String(all.length),
    md5Hash: createHash('md5').update(all).digest('base64'),
    metadata: { disk: 'one' },
  })
  expect(await put(upload, undefined, 'bytes */*')).toMatchObject({ http: 200, generation: whole.generation })
  expect(await ask('GET', `${storage}b/disks/o?prefix=disk`)).toMatchObject({ items: [{ name: 'disk.tar.gz' }] })
})

test('crc32c is that of RFC 3720', async () => {
  // "123456789" gives e3069283: https://reveng.sourceforge.io/crc-catalogue/all.htm (CRC-32/ISCSI)
  expect((await send(Buffer.from('123456789'))).crc32c).toBe(Buffer.from('e3069283', 'hex').toString('base64'))
})

test('pieces that are not of 256 KiB are kept in part, and those behind a gap are refused', async () => {
  const upload = await begin()
  const more = Buffer.concat([piece, last])
  expect((await put(upload, more, `bytes 0-${more.length - 1}/*`)).headers.get('range')).toBe(
    `bytes=0-${piece.length - 1}`,
  )
  expect(await put(upload, last, `bytes ${more.length}-${more.length + last.length - 1}/*`)).toMatchObject({
    http: 400,
  })
  expect(await put(upload, last, `bytes ${piece.length}-${piece.length}/*`)).toMatchObject({ http: 400 })
})

test('an upload with other bytes than were announced makes no object', async () => {
  const upload = await begin({ md5Hash: createHash('md5').update('other').digest('base64') })
  expect(await put(upload, last, `bytes 0-${last.length - 1}/${last.length}`)).toMatchObject({ http: 400 })
  expect((await ask('GET', `${storage}b/disks/o`)).items).toBeUndefined()
})

test('an upload that was cancelled is over', async () => {
  const cancelled = await begin()
  expect((await ask('DELETE', cancelled)).http).toBe(499)
  expect((await put(cancelled, last, `bytes 0-${last.length - 1}/*`)).http).toBe(404)
})

test('the journal does not tell the id of an upload', async () => {
  const id = new URL(await begin()).searchParams.get('upload_id') ?? ''
  await put(`${uploads}&upload_id=${id}`, last, `bytes 0-${last.length - 1}/*`)
  expect(id.length).toBeGreaterThan(40)
  expect(JSON.stringify(lastEntries(filesOf(here.places).journal, 50))).not.toContain(id)
})

test('a bucket is removed only when it is empty', async () => {
  await send(last)
  expect((await ask('DELETE', `${storage}b/disks`)).http).toBe(409)
  await ask('DELETE', `${storage}b/disks/o/disk.tar.gz`)
  await ask('DELETE', `${storage}b/disks`)
  expect((await ask('GET', `${storage}b/disks`)).http).toBe(404)
})

/** A tar file of one member of so many zeros. */
function tar(name: string, sizeBytes: number, magic = 'ustar  \0'): Buffer {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write('0000644\0', 100)
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        0', 148)
  header.write(magic, 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, Buffer.alloc(Math.min(sizeBytes, 4096) + 1024)])
}

test.each([
  ['no gzip', Buffer.from('no gzip at all'), 'header'],
  ['another member', gzipSync(tar('disk.img', 1024 ** 3)), 'disk.img'],
  ['another format', gzipSync(tar('disk.raw', 1024 ** 3, 'ustar\x0000')), 'oldgnu'],
  ['no whole GiB', gzipSync(tar('disk.raw', 4096)), 'GiB'],
  ['an end too early', gzipSync(tar('disk.raw', 1024 ** 3)), 'too early'],
  ['a cut gzip', gzipSync(tar('disk.raw', 1024 ** 3)).subarray(0, -4), 'end of file'],
])('a packed disk with %s makes no image, and the operation says so', async (_, bytes, why) => {
  await send(bytes)
  const rawDisk = { source: 'https://storage.googleapis.com/disks/disk.tar.gz', containerType: 'TAR' }
  const { name } = await ask('POST', images, { name: 'golden', rawDisk })
  here.now += 1000
  const operation = await ask('GET', `${images.replace(/images$/, 'operations')}/${name}`)
  expect(operation).toMatchObject({ status: 'DONE', httpErrorStatusCode: 400 })
  expect(JSON.stringify(operation.error)).toContain('The tar archive is not a valid image.')
  expect(JSON.stringify(operation.error)).toContain(why)
  expect((await ask('GET', `${images}/golden`)).http).toBe(404)
})

test('a policy that was changed since it was read is not overwritten, and strangers are kept out where they are', async () => {
  const sourceImage = 'projects/debian-cloud/global/images/family/debian-12'
  await ask('POST', images, { name: 'golden', sourceImage, storageLocations: ['eu'] })
  const { etag } = await ask('GET', `${images}/golden/getIamPolicy`)
  const set = (policy: object): Promise<Told> => ask('POST', `${images}/golden/setIamPolicy`, { policy })
  const bindings = [{ role: 'roles/compute.imageUser', members: ['user:a@example.com'] }]
  expect(await set({ bindings, etag })).toMatchObject({ http: 200, bindings })
  expect((await set({ bindings: [], etag })).http).toBe(409)
  const everybody = [{ role: 'roles/compute.imageUser', members: ['allUsers'] }]
  expect((await set({ bindings: everybody })).http).toBe(400)
  expect(await ask('GET', `${images}/golden/getIamPolicy`)).toMatchObject({ bindings })
})

test('an image is kept in one place that there is', async () => {
  const sourceImage = 'projects/debian-cloud/global/images/family/debian-12'
  const make = async (storageLocations: readonly string[]): Promise<number> =>
    (await ask('POST', images, { name: 'golden', sourceImage, storageLocations })).http
  expect(await make(['eu', 'us'])).toBe(400)
  expect(await make(['mars-north1'])).toBe(400)
  expect(await make(['europe-west1'])).toBe(200)
})

test('an account that was made before there were buckets opens all the same', async () => {
  const file = join(filesOf(here.places).folder, 'gcp/records.json')
  const { buckets, objects, uploads: begun, organization, ...before } = JSON.parse(readFileSync(file, 'utf8'))
  expect([buckets, objects, begun, organization]).not.toContain(undefined)
  writeFileSync(file, JSON.stringify(before))
  await here.reopen()
  expect((await ask('GET', `${storage}b/disks`)).http).toBe(404)
  expect((await ask('POST', `${storage}b?project=${project}`, { name: 'disks', location: 'EU' })).http).toBe(200)
})
