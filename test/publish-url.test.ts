import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EBSClient, ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs'
import { DescribeSnapshotsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import type { SindriEvent } from '../src/core/events.ts'
import { makeQcow2 } from '../src/disk/made-disks.fixture.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { type FileServer, serveFile } from '../src/remote/file-server.fixture.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const region = 'eu-central-1'
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)
const bytes = smallDisk()
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
let server: FileServer
let told: SindriEvent[]

beforeEach(async () => {
  told = []
  server = await serveFile(bytes)
})
afterEach(() => server.close())

function write(release: object = {}): void {
  writeRelease(here.folder, { aws: { regions: [region] } }, { disk: server.url, ...release })
}

const context = (home = 'state') => contextIn(here, { home, emit: (event) => told.push(event) })
const changing = (): readonly string[] => changingIn(here, /^(Describe|Get|List)/)

test('a disk behind a URL is published, read twice at most, and not again once its digest is known', async () => {
  write({ disk_sha256: sha256(bytes).toUpperCase() })
  const planned = await planRelease({}, context())
  expect(planned.disk_sha256).toBe(sha256(bytes))
  expect(server.sent).toBeLessThanOrEqual(bytes.length + 1)
  const before = server.sent
  const { images, sent_bytes: sent } = await publish({}, context())
  expect(images).toMatchObject([{ digest: `sha256:${sha256(bytes)}` }])
  expect(sent).toBe(2 * 512 * 1024 + 100)
  expect(server.sent - before).toBeLessThanOrEqual(bytes.length + 1)

  const asked = server.ranges.length
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  expect(server.ranges).toHaveLength(asked)
  expect(await publish({}, context())).toMatchObject({ images, sent_bytes: 0 })
  expect(JSON.stringify(told)).not.toContain('no disk_sha256')
})

test('a run that broke off sends only the rest', async () => {
  write()
  await here.reopen({
    faults: [{ operation: 'CompleteSnapshot', when: 'before', code: 'AccessDeniedException', left: 1 }],
  })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  expect(await publish({}, context())).toMatchObject({ sent_bytes: 0, images: [{ region }] })
})

test.each<[string, Buffer, object]>([
  ['raw', bytes, {}],
  ['qcow2', makeQcow2().file, { disk_format: 'qcow2' }],
])('another checksum than the file’s is refused before anything is changed: %s', async (_, file, release) => {
  server.bytes = file
  write({ ...release, disk_sha256: '0'.repeat(64) })
  const message = `${server.url} has the sha256 ${sha256(file)}, and disk_sha256 says ${'0'.repeat(64)}`
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict', message })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict', message })
  expect(changing()).toEqual([])
  const flag = publish({ diskSha256: sha256(file) }, context())
  expect(await flag).toMatchObject({ images: [{ region }] })
})

test('the checksum of a local file is checked as well', async () => {
  write({ disk: 'disk.raw', disk_sha256: '0'.repeat(64) })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict' })
  await expect(publish({ diskSha256: 'no' }, context())).rejects.toMatchObject({ code: 'config' })
  expect(changing()).toEqual([])
})

test('a disk that changes between two ranges is not published', async () => {
  write()
  await planRelease({}, context())
  let asked = 0
  server.instead = () => {
    asked += 1
    // After its digest was found to be known, and its beginning looked at.
    if (asked === 3) server.bytes = smallDisk('two')
    return false
  }
  await expect(publish({}, context())).rejects.toMatchObject({
    code: 'conflict',
    message: `${server.url} changed while it was read`,
  })
  const { Snapshots = [] } = await new EC2Client({ region }).send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
  expect(Snapshots.filter(({ State }) => State === 'completed')).toEqual([])
})

test('another disk at the same URL is another disk', async () => {
  write()
  await publish({}, context())
  const before = changing().length
  server.bytes = smallDisk('two')
  await expect(publish({}, context())).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(sha256(server.bytes)),
  })
  expect(changing().length).toBe(before)
})

test('the secret of a signed URL is nowhere but in its requests', async () => {
  vi.stubEnv('DISK_URL', `${server.url}?signature=hush`)
  const environment = { ...here.rehearsal.environment, DISK_URL: `${server.url}?signature=hush` }
  write({ disk: '$' + '{env:DISK_URL}' })
  const result = await publish({}, { ...context(), environment })
  expect(JSON.stringify([told, result])).not.toContain('hush')
  expect(JSON.stringify(told)).toContain(`no disk_sha256 says what ${server.url}?… has to be`)
  for (const file of readdirSync(here.folder, { recursive: true, withFileTypes: true }))
    if (file.isFile()) expect(readFileSync(join(file.parentPath, file.name)).includes('hush')).toBe(false)
  await expect(publish({}, context('other'))).rejects.toMatchObject({
    code: 'config',
    message: expect.stringContaining('DISK_URL'),
  })
})

test('an address of another kind is refused', async () => {
  write({ disk: 'ftp://example.com/disk.raw' })
  await expect(publish({}, context())).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('https://'),
  })
  write({ disk: 'https://images.example.com/disk.raw' })
  await expect(publish({}, context())).rejects.toMatchObject({
    message: expect.stringContaining('images.example.com'),
  })
})

test('the blocks that arrive are those of the disk', async () => {
  write()
  await publish({}, context())
  const { Snapshots = [] } = await new EC2Client({ region }).send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }))
  const { Blocks = [] } = await new EBSClient({ region }).send(
    new ListSnapshotBlocksCommand({ SnapshotId: Snapshots[0]?.SnapshotId }),
  )
  expect(Blocks.map(({ BlockIndex }) => BlockIndex)).toEqual([0, 2, 6])
})
