import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { itemsOf, type Json } from '../src/clouds/alibaba/answers.ts'
import { credentialSource } from '../src/clouds/alibaba/credentials.ts'
import { connectAlibabaDisk } from '../src/clouds/alibaba/disk-api.ts'
import { ossSink } from '../src/clouds/alibaba/oss-sink.ts'
import type { AlibabaRecords } from '../src/rehearsal/alibaba/records.ts'
import { readStore } from '../src/rehearsal/kit/store.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { type Ask, openRpc } from './alibaba-rpc.ts'
import { publishContract } from './publish-contract.ts'
import { smallDisk } from './publishing.ts'
import { usePublishing } from './use-publishing.ts'

const reader = '1111111111111111'
const bucket = 'golden-disks'
let ask: Ask
const publishing = usePublishing('alibaba', ({ rehearsal }) => {
  ask = openRpc(rehearsal.environment, home)
})
const { regions, here, write, context } = publishing
const [home, other] = regions

beforeEach(() => write())

publishContract(publishing, {
  opened: { settings: { accounts: [reader] }, readers: `account ${reader}` },
  added: [`alibaba/readers/${home}`],
  copies: true,
  gone: () => expect(held()).toEqual([0, 0, 0, 0]),
})

/** A run that one call ends. */
async function broken(fault: { readonly operation: string; readonly when: string }): Promise<void> {
  await here.reopen({ faults: [{ ...fault, code: 'Forbidden.RAM', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
}

/** What the stand-in has written down. */
function records(): AlibabaRecords {
  const found = readStore<AlibabaRecords>(join(filesOf(here.places).folder, 'alibaba/records.json'))
  if (found === undefined) throw new Error('the stand-in has no records')
  return found
}

/** How much of each the account holds: images, their snapshots, and what is in the bucket. */
function held(): readonly number[] {
  const { images, snapshots, buckets } = records()
  const { objects = {}, uploads = {} } = buckets[bucket] ?? {}
  return [images, snapshots, objects, uploads].map((table) => Object.keys(table).length)
}

async function imageIn(region: string): Promise<Json> {
  const Status = 'Waiting,Creating,Available,CreateFailed'
  const answer = await ask('ecs', 'DescribeImages', { ImageOwnerAlias: 'self', Status }, region)
  const found = itemsOf(answer, 'Images', 'Image')
  expect(found).toHaveLength(1)
  return found[0] ?? {}
}

test('the plan names every step, and each image says of itself what it is', async () => {
  write({ accounts: [reader], image_family: 'golden' })
  const planned = await planRelease({}, context())
  expect(planned.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'alibaba/import-role to do',
    `alibaba/upload/${home} to do`,
    `alibaba/image/${home} to do`,
    `alibaba/tidy/${home} to do`,
    `alibaba/copy/${other} to do`,
  ])
  expect(planned.findings).toMatchObject([{ level: 'warning', message: expect.stringContaining('publish makes it') }])

  const first = await publish({}, context())
  for (const region of regions)
    expect(await imageIn(region)).toMatchObject({
      ...{ ImageName: first.release, Architecture: 'x86_64', BootMode: 'UEFI', ImageFamily: 'golden' },
      ...{ Features: { NvmeSupport: 'supported' }, IsPublic: false },
    })
  expect((await imageIn(home)).Platform).toBe('Debian')
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('the images hold the disk, byte for byte, and the bucket holds nothing any more', async () => {
  await publish({}, context())
  const { images, snapshots, buckets } = records()
  const wanted = createHash('sha256').update(smallDisk()).digest('hex')
  const disks = Object.values(images).map(({ snapshotId }) => snapshots[snapshotId]?.file ?? '')
  expect(disks).toHaveLength(2)
  for (const file of disks) {
    const bytes = Buffer.alloc(4 * 1024 * 1024)
    const handle = openSync(join(filesOf(here.places).folder, 'alibaba/disks', file), 'r')
    expect(readSync(handle, bytes)).toBe(bytes.length)
    closeSync(handle)
    expect(createHash('sha256').update(bytes.subarray(0, smallDisk().length)).digest('hex')).toBe(wanted)
    expect(bytes.subarray(smallDisk().length).every((byte) => byte === 0)).toBe(true)
  }
  expect(Object.values(buckets)).toMatchObject([{ name: bucket, region: home, access: 'private' }])
  expect(held()).toEqual([2, 2, 0, 0])
})

test('what is changed behind its back is named by verify, and mended by publish', async () => {
  write({ accounts: [reader] })
  const { images } = await publish({}, context())
  const ImageId = images[1]?.image_id ?? ''
  await ask('ecs', 'ModifyImageSharePermission', { ImageId, 'RemoveAccount.1': reader, IsPublic: 'true' }, other)
  await ask('ecs', 'ModifyImageAttribute', { ImageId, BootMode: 'BIOS' }, other)
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `alibaba/boot/${other}`, want: 'UEFI, with NVMe', have: 'BIOS, with NVMe' },
    { id: `alibaba/readers/${other}`, want: `account ${reader}`, have: 'everybody' },
  ])
  expect((await publish({}, context())).changed).toEqual([`alibaba/boot/${other}`, `alibaba/readers/${other}`])
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('an image for everybody is unpublished, and the version can be published anew where nobody remembers it', async () => {
  write({ accounts: [reader] }, { audience: 'public', allow_public: true })
  const { images } = await publish({}, context())
  expect(images.map(({ readers }) => readers)).toEqual(Array(2).fill(`account ${reader}, everybody`))
  await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(held()).toEqual([0, 0, 0, 0])
  write()
  expect((await publish({}, context('a-third-machine'))).images).toHaveLength(2)
})

test('a run that broke off is continued: parts that were stored are not sent again', async () => {
  write({ regions: [home] })
  await broken({ operation: 'CompleteMultipartUpload', when: 'before' })
  const resumed = await publish({}, context('another-machine'))
  expect(resumed).toMatchObject({ sent_bytes: 0, images: [{ region: home }] })
})

test('unpublishing what was begun and never done leaves nothing, a leftover upload neither', async () => {
  write({ regions: [home] })
  await broken({ operation: 'CompleteMultipartUpload', when: 'before' })
  expect(held()).toEqual([0, 0, 0, 1])
  await unpublish({ confirm: async () => true }, context())
  expect(held()).toEqual([0, 0, 0, 0])
})

test('parts that another hand changed meanwhile are sent again', async () => {
  write({ regions: [home] })
  await broken({ operation: 'CompleteMultipartUpload', when: 'before' })
  const { environment } = here.rehearsal
  const disks = connectAlibabaDisk({ credentials: credentialSource(environment), region: home })
  const [upload] = await disks.uploads({ region: home, bucket }, '')
  const bytes = Buffer.from('other bytes')
  const md5 = createHash('md5').update(bytes).digest()
  await disks.putPart({ region: home, bucket, key: upload?.key ?? '' }, upload?.id ?? '', 1, bytes, md5)
  expect((await publish({}, context())).sent_bytes).toBeGreaterThan(0)
})

/** A run that ends before the import, and whose file in OSS is then replaced by one that is no disk. */
async function spoilt(): Promise<() => Promise<void>> {
  await broken({ operation: 'ImportImage', when: 'before' })
  const disks = connectAlibabaDisk({ credentials: credentialSource(here.rehearsal.environment), region: home })
  const key = Object.keys(records().buckets[bucket]?.objects ?? {})[0] ?? ''
  const place = { region: home, bucket, key }
  const { marks = {} } = (await disks.object(place)) ?? {}
  const sink = ossSink(disks, place, await disks.beginUpload(place, marks))
  await sink.put(0, Buffer.from('no disk at all'), false)
  await sink.finish(14)
  return () => disks.deleteObject(place)
}

test('a file that cannot be imported is told of with the reason, and leaves nothing', async () => {
  write({ regions: [home] })
  await spoilt()
  await expect(publish({}, context())).rejects.toThrow('it is no qcow2 file')
  expect(held()).toEqual([0, 0, 1, 0])
  await unpublish({ confirm: async () => true }, context())
  expect(held()).toEqual([0, 0, 0, 0])
  expect((await publish({}, context())).images).toHaveLength(1)
})

test('an import that failed is out of the way of the next, also where nobody remembers it', async () => {
  write({ regions: [home] })
  const clear = await spoilt()
  await broken({ operation: 'DeleteImage', when: 'before' })
  expect(await imageIn(home)).toMatchObject({ Status: 'CreateFailed' })
  await clear()
  expect((await publish({}, context('another-machine'))).images).toHaveLength(1)
  expect(await imageIn(home)).toMatchObject({ Status: 'Available' })
})

// As if killed: the call has had its effect, and the run ends without having learnt of it.
const calls = [
  ...['CreateRole', 'AttachPolicyToRole', 'PutBucket', 'InitiateMultipartUpload', 'UploadPart'],
  ...['CompleteMultipartUpload', 'ImportImage', 'DeleteObject', 'CopyImage', 'ModifyImageSharePermission'],
]
test.each(
  calls.flatMap((call) => [
    [call, 'with', 'state'],
    [call, 'without', 'another-machine'],
  ]),
)('broken off right after %s, the same command %s its records ends with what was planned', async (operation, _, at) => {
  write({ accounts: [reader] })
  await broken({ operation, when: 'after' })
  const { images } = await publish({}, context(at))
  expect(images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
    `${home} account ${reader}`,
    `${other} account ${reader}`,
  ])
  expect(await verify({}, context(at))).toMatchObject({ drift: [] })
  expect(held()).toEqual([2, 2, 0, 0])
})

test.each(['DeleteImage', 'DeleteSnapshot'])(
  'an unpublish that broke off right after %s is ended by the next',
  async (call) => {
    await publish({}, context())
    await here.reopen({ faults: [{ operation: call, when: 'after', code: 'Forbidden.RAM', left: 1 }] })
    const confirm = async (): Promise<boolean> => true
    await expect(unpublish({ confirm }, context())).rejects.toMatchObject({ code: 'denied' })
    await unpublish({ confirm }, context())
    expect(held()).toEqual([0, 0, 0, 0])
  },
)
