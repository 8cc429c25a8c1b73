import * as sdk from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { manifest } from '../src/actions/publish/manifest.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { generateManifestSchema } from '../src/release/manifest.ts'
import { publishContract } from './publish-contract.ts'
import { usePublishing } from './use-publishing.ts'

const reader = '210987654321'
const publishing = usePublishing('aws')
const { regions, here, write, context, changing } = publishing
const [home, other] = regions

publishContract(publishing, {
  opened: { settings: { accounts: [reader] }, readers: `user ${reader}` },
  added: [`aws/snapshot-readers/${home}`, `aws/readers/${home}`],
  copies: true,
  async gone() {
    for (const region of regions) {
      const ec2 = new sdk.EC2Client({ region })
      expect((await ec2.send(new sdk.DescribeImagesCommand({ Owners: ['self'] }))).Images).toEqual([])
      expect((await ec2.send(new sdk.DescribeSnapshotsCommand({ OwnerIds: ['self'] }))).Snapshots).toEqual([])
    }
  },
})

test('only blocks with something in them are sent, and the image says of itself what it is', async () => {
  write({ ssm_parameter: '/images/golden' })
  const planned = await planRelease({}, context())
  expect(planned).toMatchObject({ steps: Array(3).fill({ state: 'to do' }) })
  expect(planned.clouds).toMatchObject([{ send_bytes: planned.data_bytes }])
  const first = await publish({}, context())
  expect(first.sent_bytes).toBe(2 * 512 * 1024 + 100)
  const { Images: [image] = [] } = await new sdk.EC2Client({ region: home }).send(
    new sdk.DescribeImagesCommand({ ImageIds: [first.images[0]?.image_id ?? ''] }),
  )
  expect(image).toMatchObject({ Name: first.release, Architecture: 'x86_64', BootMode: 'uefi', ImdsSupport: 'v2.0' })
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  const before = changing().length
  expect(await publish({}, context())).toMatchObject({ changed: [] })
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

test.each(['RequestThrottledException', 'ResourceNotFoundException', 'InternalServerException'])(
  'a block that is refused with %s is sent again',
  async (code) => {
    write()
    await here.reopen({ faults: [{ operation: 'PutSnapshotBlock', when: 'before', code, left: 2 }] })
    const { images } = await publish({}, context())
    expect(images).toHaveLength(2)
    expect(await verify({}, context())).toMatchObject({ drift: [] })
  },
)

test('who may not store blocks is told the permission it takes', async () => {
  write()
  const fault = { operation: 'PutSnapshotBlock', when: 'before', code: 'AccessDeniedException', left: 9 }
  await here.reopen({ faults: [fault] })
  await expect(publish({}, context())).rejects.toMatchObject({
    ...{ code: 'denied', hint: expect.stringContaining('add ebs:PutSnapshotBlock to the policy') },
  })
})

test('readers of an image that a region would encrypt are refused before the first byte', async () => {
  write({ accounts: [reader] })
  await new sdk.EC2Client({ region: other }).send(new sdk.EnableEbsEncryptionByDefaultCommand({}))
  const before = changing().length
  await expect(publish({}, context())).rejects.toThrow(`${other} encrypts every new snapshot`)
  expect(changing()).toHaveLength(before)
})
