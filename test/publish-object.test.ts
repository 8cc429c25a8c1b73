import { createHash } from 'node:crypto'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect, test, vi } from 'vitest'
import { releasePermissions } from '../src/actions/permissions.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import type { DiskSource } from '../src/clouds/disk-source.ts'
import { diskSources } from '../src/clouds/disk-sources.ts'
import { connectGcpDisk } from '../src/clouds/gcp/disk-api.ts'
import { lastEntries } from '../src/rehearsal/kit/journal.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const region = 'eu-central-1'
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)
const bytes = smallDisk()
const digest = createHash('sha256').update(bytes).digest('hex')
const key = 'disks/debian 12+é?.raw'
const context = () => contextIn(here)

/** Stores these bytes under `key`; the bucket is in another region than the images. */
const stores = {
  async s3(body: Buffer): Promise<void> {
    const client = new S3Client({ region: 'us-west-2', forcePathStyle: true })
    const CreateBucketConfiguration = { LocationConstraint: 'us-west-2' as const }
    await client.send(new CreateBucketCommand({ Bucket: 'disks', CreateBucketConfiguration })).catch(() => undefined)
    await client.send(new PutObjectCommand({ Bucket: 'disks', Key: key, Body: body }))
    client.destroy()
  },
  async gs(body: Buffer): Promise<void> {
    const api = connectGcpDisk({ project: 'my-project-1', environment: here.rehearsal.environment })
    await api.insertBucket('disks', 'us', {}).catch(() => undefined)
    await api.putPiece(await api.beginUpload('disks', key, {}), body, 0, true)
  },
}

function write(scheme: string, release: object = {}): void {
  writeRelease(here.folder, { aws: { regions: [region] } }, { disk: `${scheme}://disks/${key}`, ...release })
}

test.each(Object.entries(stores))(
  'a disk in %s:// is published, and another one under its name is not',
  async (scheme, store) => {
    await store(bytes)
    write(scheme, { disk_sha256: digest })
    expect((await planRelease({}, context())).disk_sha256).toBe(digest)
    expect(await publish({}, context())).toMatchObject({ images: [{ region, digest: `sha256:${digest}` }] })
    const before = changingIn(here, /^(Describe|Get|List|storage.objects.get)/).length
    await store(smallDisk('two'))
    const changed = { code: 'conflict', message: expect.stringContaining('has the sha256') }
    await expect(publish({}, context())).rejects.toMatchObject(changed)
    const after = changingIn(here, /^(Describe|Get|List|storage.objects.get|PutObject|CreateBucket|storage|oauth2)/)
    expect(after.length).toBeLessThanOrEqual(before)
  },
)

function source(scheme: string): DiskSource {
  const found = diskSources.find((one) => one.scheme === scheme)
  if (found === undefined) throw new Error(`no source ${scheme}`)
  return found
}

async function read(scheme: string, at: number, length: number): Promise<Buffer> {
  const object = await open(scheme)
  const pieces: Uint8Array[] = []
  for await (const piece of object.read(at, length, context().signal)) pieces.push(piece)
  await object.close()
  return Buffer.concat(pieces)
}

const open = (scheme: string, address = `${scheme}://disks/${key}`) => source(scheme).open(address, context())

test.each(Object.entries(stores))('a part of an object in %s:// is that part', async (scheme, store) => {
  await store(bytes)
  expect((await read(scheme, 1024 * 1024, 5000)).equals(bytes.subarray(1024 * 1024, 1024 * 1024 + 5000))).toBe(true)
  expect((await read(scheme, bytes.length - 7, 7)).equals(bytes.subarray(-7))).toBe(true)
})

test.each(Object.entries(stores))('an object in %s:// that is written over is noticed', async (scheme, store) => {
  await store(bytes)
  const object = await open(scheme)
  await store(smallDisk('two'))
  const reading = object.read(0, 100, context().signal)[Symbol.asyncIterator]().next()
  const message = `${scheme}://disks/${key} changed while it was read`
  await expect(reading).rejects.toMatchObject({ code: 'conflict', message })
  await object.close()
})

test.each(Object.entries(stores))('an empty object in %s:// has no bytes', async (scheme, store) => {
  await store(Buffer.alloc(0))
  expect((await open(scheme)).sizeBytes).toBe(0)
})

test.each(Object.keys(stores))('in %s:// what is not there, or no name, is named', async (scheme) => {
  const absent = { code: 'not-found', message: expect.stringContaining(`${scheme}://absent-disks/disk.raw`) }
  await expect(open(scheme, `${scheme}://absent-disks/disk.raw`)).rejects.toMatchObject(absent)
  for (const wrong of [`${scheme}://disks`, `${scheme}://disks/`, `${scheme}:///disk.raw`, `${scheme}://../disk.raw`])
    await expect(open(scheme, wrong)).rejects.toMatchObject({ code: 'usage' })
})

test('the printed policy lets the disk be read, and no other object', async () => {
  await stores.s3(bytes)
  write('s3')
  const { policy } = await releasePermissions({ cloud: 'aws' }, context())
  expect(JSON.stringify(policy)).toContain('"arn:aws:s3:::disks/disks/debian 12+é${?}.raw"')
  await here.reopen({ policy: { value: policy, file: 'policy.json' } })
  expect((await publish({}, context())).images).toHaveLength(1)
  const [all] = Object(policy).Statement
  await here.reopen({ policy: { value: { ...Object(policy), Statement: [all] }, file: 'policy.json' } })
  const denied = { code: 'denied', message: expect.stringContaining('s3:GetObject') }
  await expect(publish({}, context())).rejects.toMatchObject(denied)
  write('gs')
  const { permissions } = await releasePermissions({ cloud: 'aws' }, context())
  expect(permissions.filter(({ action }) => action.startsWith('s3:'))).toEqual([])
})

test('throttled and broken requests are made again', async () => {
  await stores.s3(bytes)
  const faults = ['SlowDown', 'Disconnect'].map((code) => ({ operation: 'GetObject', when: 'before', code, left: 2 }))
  await here.reopen({ faults })
  expect((await read('s3', 0, 100)).equals(bytes.subarray(0, 100))).toBe(true)
  expect(lastEntries(filesOf(here.places).journal, 100).filter(({ error }) => error === 'SlowDown')).toHaveLength(2)
})
