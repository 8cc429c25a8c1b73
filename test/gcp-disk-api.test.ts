import { createHash, randomBytes } from 'node:crypto'
import { beforeEach, expect, test, vi } from 'vitest'
import { connectGcpDisk } from '../src/clouds/gcp/disk-api.ts'
import { type GcpDiskApi, pieceMultipleBytes } from '../src/clouds/gcp/disk-port.ts'
import { objectSink } from '../src/clouds/gcp/object-sink.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'

const here = useRehearsal(undefined, Date.now)
const metadata = { 'sindri-release': 'golden' }
const bytes = randomBytes(3 * pieceMultipleBytes + 7)
const md5 = createHash('md5').update(bytes).digest('base64')
let api: GcpDiskApi
let upload: string

async function open(settings: object = {}): Promise<void> {
  await here.reopen(settings)
  for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  api = connectGcpDisk({ project: 'my-project-1', environment: here.rehearsal.environment })
}

async function* stream(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_001) yield bytes.subarray(at, at + 100_001)
}

const write = (): Promise<number> =>
  objectSink(api, { bucket: 'disks', name: 'disk', metadata, upload, fresh: false }).write(stream, undefined)

const stored = { name: 'disk', sizeBytes: bytes.length, md5, metadata: { ...metadata, 'sindri-md5': md5 } }

beforeEach(async () => {
  await open()
  await api.insertBucket('disks', 'eu', { 'sindri-managed': 'true' })
  upload = await api.beginUpload('disks', 'disk', metadata)
  return () => vi.unstubAllEnvs()
})

test('a whole stream is sent, and what is there of it is not sent again', async () => {
  expect(await write()).toBe(bytes.length)
  expect(await api.objects('disks', '')).toEqual([stored])
  // Only the mark that it arrived had been lost.
  expect(await write()).toBe(0)
  expect(await api.objects('disks', '')).toEqual([stored])
})

test('an upload is gone on with behind what arrived', async () => {
  await api.putPiece(upload, bytes.subarray(0, 2 * pieceMultipleBytes), 0, false)
  expect(await api.uploaded(upload)).toEqual({ bytes: 2 * pieceMultipleBytes })
  expect(await write()).toBe(bytes.length - 2 * pieceMultipleBytes)
  expect(await api.objects('disks', '')).toEqual([stored])
})

test('where something else arrived before, all is sent anew', async () => {
  await api.putPiece(upload, randomBytes(pieceMultipleBytes), 0, false)
  expect(await write()).toBe(bytes.length - pieceMultipleBytes + bytes.length)
  expect(await api.objects('disks', '')).toEqual([stored])
})

test('where more arrived before than there is, all is sent anew', async () => {
  await api.putPiece(upload, randomBytes(5 * pieceMultipleBytes), 0, false)
  expect(await write()).toBe(bytes.length)
  expect(await api.objects('disks', '')).toEqual([stored])
})

test('an upload that is over begins anew', async () => {
  await api.cancelUpload(upload)
  await api.cancelUpload(upload)
  expect(await write()).toBe(bytes.length)
  expect(await api.objects('disks', '')).toEqual([stored])
})

test.each(['before', 'after'])('a connection that breaks %s a piece arrives changes nothing', async (when) => {
  await open({ faults: [{ operation: 'storage.objects.upload', when, code: 'Disconnect', left: 1 }] })
  expect(await write()).toBe(bytes.length)
  expect(await api.objects('disks', '')).toEqual([stored])
})
