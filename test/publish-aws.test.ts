import type { Buffer } from 'node:buffer'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import { expect, test, vi } from 'vitest'
import { manifest } from '../src/actions/publish/manifest.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { generateManifestSchema } from '../src/release/manifest.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const [home, other] = ['eu-central-1', 'us-east-1'] as const
const reader = '210987654321'
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)

function write(aws: object = {}, release: object = {}, bytes: Buffer = smallDisk()): void {
  writeRelease(here.folder, { aws: { regions: [home, other], ...aws } }, release, bytes)
}

const context = (at = 'state') => contextIn(here, { home: at })
const changing = (): readonly string[] => changingIn(here, /^(Describe|Get|List)/)

test('a disk becomes an image in every region, with its readers, and nothing is sent or made twice', async () => {
  write({ accounts: [reader], ssm_parameter: '/images/golden' })
  const planned = await planRelease({}, context())
  expect(planned.steps.map(({ state }) => state)).toEqual(['to do', 'to do', 'to do'])
  expect(planned.clouds).toMatchObject([{ cloud: 'aws', images: 2, send_bytes: planned.data_bytes }])
  expect(changing()).toEqual([])

  const first = await publish({}, context())
  expect(first.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
    `${home} user ${reader}`,
    `${other} user ${reader}`,
  ])
  expect(first.release).toMatch(/^golden-1\.4\.2-\d{8}-debian12$/)
  expect(first.sent_bytes).toBe(2 * 512 * 1024 + 100)
  const { Images: [image] = [] } = await new sdk.EC2Client({ region: home }).send(
    new sdk.DescribeImagesCommand({ ImageIds: [first.images[0]?.image_id ?? ''] }),
  )
  expect(image).toMatchObject({ Name: first.release, Architecture: 'x86_64', BootMode: 'uefi', ImdsSupport: 'v2.0' })
  expect(await verify({}, context())).toMatchObject({ drift: [] })

  const before = changing().length
  expect((await planRelease({}, context())).clouds).toMatchObject([{ send_bytes: 0, send_seconds: 0 }])
  const again = await publish({}, context())
  expect(again).toMatchObject({ images: first.images, changed: [], sent_bytes: 0 })
  const lost = await publish({}, context('another-machine'))
  expect(lost).toMatchObject({ images: first.images, changed: [], sent_bytes: 0, release: first.release })
  expect(changing().length).toBe(before)
})

test('a region and a reader that are added later change nothing else', async () => {
  write({ regions: [home] })
  const first = await publish({}, context())
  write({ accounts: [reader] })
  const second = await publish({}, context())
  expect(second.images[0]?.image_id).toBe(first.images[0]?.image_id)
  expect(second.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
    `${home} user ${reader}`,
    `${other} user ${reader}`,
  ])
  expect(second.sent_bytes).toBe(0)
})

test('another disk under the same version is refused before anything is changed, with and without records', async () => {
  write()
  await publish({}, context())
  const before = changing().length
  write({}, {}, smallDisk('two'))
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict' })
  await expect(publish({}, context('another-machine'))).rejects.toMatchObject({ code: 'conflict' })
  expect(changing().length).toBe(before)
})

test('what is taken away or opened behind its back is named by verify, and mended by publish', async () => {
  write({ accounts: [reader] })
  const { images } = await publish({}, context())
  const ec2 = new sdk.EC2Client({ region: other })
  const LaunchPermission = { Remove: [{ UserId: reader }] }
  await ec2.send(new sdk.ModifyImageAttributeCommand({ ImageId: images[1]?.image_id, LaunchPermission }))
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `aws/readers/${other}`, want: `user ${reader}`, have: 'private' },
  ])
  expect((await publish({}, context())).changed).toEqual([`aws/readers/${other}`])
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('the manifest holds what its schema promises', async () => {
  write()
  await publish({}, context())
  const schema = JSON.parse(generateManifestSchema())
  const told = await manifest({}, context())
  expect(Object.keys(told)).toEqual(Object.keys(schema.properties))
  expect(Object.keys(told.images[0] ?? {})).toEqual(schema.properties.images.items.required)
})

test('what was published is looked at without the disk', async () => {
  write({ accounts: [reader] })
  const { images } = await publish({}, context())
  rmSync(join(here.folder, 'disk.raw'))
  expect(await verify({}, context())).toMatchObject({ images, drift: [] })
  await expect(publish({}, context())).rejects.toThrow('disk.raw')
})

test('unpublishing removes images and snapshots everywhere, and the version can be published anew', async () => {
  write()
  const { images } = await publish({}, context())
  const removed = await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(removed.removed.map(({ image_id: id }) => id)).toEqual(images.map(({ image_id: id }) => id))
  for (const region of [home, other]) {
    const ec2 = new sdk.EC2Client({ region })
    expect((await ec2.send(new sdk.DescribeImagesCommand({ Owners: ['self'] }))).Images).toEqual([])
    expect((await ec2.send(new sdk.DescribeSnapshotsCommand({ OwnerIds: ['self'] }))).Snapshots).toEqual([])
  }
  expect((await publish({}, context())).images).toHaveLength(2)
})

test('a public image that would be refused at the end is refused before the first byte', async () => {
  write({}, { audience: 'public', allow_public: true })
  const ec2 = new sdk.EC2Client({ region: other })
  await ec2.send(new sdk.EnableEbsEncryptionByDefaultCommand({}))
  const before = changing().length
  const said = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) })
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: expect.arrayContaining([
      said(`${home} blocks public images`),
      said(`${other} encrypts every new snapshot`),
      said(`${other} blocks public images`),
    ]),
  })
  expect(changing().length).toBe(before)
})

test('a run that broke off is continued: blocks that were stored are not sent again', async () => {
  write()
  await here.reopen({
    faults: [{ operation: 'CompleteSnapshot', when: 'before', code: 'AccessDeniedException', left: 1 }],
  })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  const resumed = await publish({}, context())
  expect(resumed.sent_bytes).toBe(0)
  expect(resumed.images).toHaveLength(2)
})

test('jobs share the work: images first, which nobody may use yet, and the last job opens them', async () => {
  write({ accounts: [reader] })
  await expect(publish({ part: 'settings', lockTimeoutMs: 0 }, context())).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining(`to ${other}`),
  })
  expect(changing()).toEqual([])
  const closed = await publish({ part: 'images' }, context())
  expect(closed.images.map(({ readers }) => readers)).toEqual(['private', 'private'])
  const opened = await publish({ part: 'settings' }, context('another-machine'))
  expect(opened.sent_bytes).toBe(0)
  expect(opened.images.map(({ readers }) => readers)).toEqual([`user ${reader}`, `user ${reader}`])
})
