import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-ec2'
import { expect, test, vi } from 'vitest'
import type { Context } from '../src/actions/context.ts'
import { releasePermissions } from '../src/actions/permissions.ts'
import { manifest } from '../src/actions/publish/manifest.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { generateManifestSchema } from '../src/release/manifest.ts'
import { builder, buildOnAws, home, imagesOnAws, other, writeBuilt } from './built-on-aws.ts'
import { changingIn, smallDisk } from './publishing.ts'

const reader = '210987654321'
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 400,
)
const changing = (): readonly string[] => changingIn(here, /^(Describe|Get|List)/)
const context = (at?: string): Context => builder(here, at)

function write(aws: object = {}, release: object = {}): void {
  writeBuilt(here, { aws: { regions: [home, other], ...aws } }, release)
}

test('what was built is copied to the regions of the release, under its name, for its readers, and once', async () => {
  write({ accounts: [reader], ssm_parameter: '/images/golden' })
  const built = await buildOnAws(here)
  const begun = changing()
  const planned = await planRelease({}, context())
  expect(planned.steps.map(({ state }) => state)).toEqual(['to do', 'to do'])
  expect(planned).toMatchObject({ clouds: [{ send_bytes: 0 }], findings: [] })
  expect(changing()).toEqual(begun)

  const first = await publish({}, context())
  expect(first.release).toMatch(/^golden-1\.4\.2-\d{8}-debian12$/)
  expect(first.sent_bytes).toBe(0)
  expect(first.images).toEqual(
    [home, other].map((region) =>
      expect.objectContaining({ region, name: first.release, readers: `user ${reader}`, digest: `image:${built}` }),
    ),
  )
  expect(first.images.map(({ image_id: id }) => id)).not.toContain(built)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  const told = await manifest({}, context())
  expect(told).toMatchObject({ images: first.images })
  expect(Object.keys(told)).toEqual(JSON.parse(generateManifestSchema()).required)
  const { Images: [image] = [] } = await new sdk.EC2Client({ region: other }).send(
    new sdk.DescribeImagesCommand({ ImageIds: [first.images[1]?.image_id ?? ''] }),
  )
  expect(image?.Tags).toEqual(expect.arrayContaining([{ Key: 'sindri:ssh-user', Value: 'admin' }]))

  const before = changing()
  for (const at of ['state', 'another-machine'])
    expect(await publish({}, context(at))).toMatchObject({ images: first.images, changed: [], release: first.release })
  expect(changing()).toEqual(before)
  // What a release made of it is no image of the config.
  expect(await imagesOnAws()).toHaveLength(3)
})

test('a region and a reader that are added later change nothing else', async () => {
  write({ regions: [home] })
  await buildOnAws(here)
  const first = await publish({}, context())
  write({ accounts: [reader] })
  const second = await publish({}, context('another-machine'))
  expect(second.images[0]?.image_id).toBe(first.images[0]?.image_id)
  expect(second.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
    `${home} user ${reader}`,
    `${other} user ${reader}`,
  ])
})

test('what is taken away is named by verify, and mended by publish', async () => {
  write({ accounts: [reader] })
  await buildOnAws(here)
  const { images } = await publish({}, context())
  const LaunchPermission = { Remove: [{ UserId: reader }] }
  await new sdk.EC2Client({ region: other }).send(
    new sdk.ModifyImageAttributeCommand({ ImageId: images[1]?.image_id, LaunchPermission }),
  )
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `aws/readers/${other}`, want: `user ${reader}`, have: 'private' },
  ])
  expect((await publish({}, context())).changed).toEqual([`aws/readers/${other}`])
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test.each(['state', 'another-machine'])(
  'unpublishing from %s removes the copies and leaves what was built',
  async (at) => {
    write()
    const built = await buildOnAws(here)
    const { images } = await publish({}, context())
    const { removed } = await unpublish({ confirm: async () => true }, context(at))
    expect(removed).toEqual(images)
    expect(await imagesOnAws()).toEqual([`${home} ${built}`])
    const { Snapshots } = await new sdk.EC2Client({ region: other }).send(
      new sdk.DescribeSnapshotsCommand({ OwnerIds: ['self'] }),
    )
    expect(Snapshots).toEqual([])
    expect((await publish({}, context())).images).toHaveLength(2)
  },
)

test('when what was built is gone, the release is looked at and removed all the same', async () => {
  write()
  const built = await buildOnAws(here)
  const { images } = await publish({}, context())
  await new sdk.EC2Client({ region: home }).send(new sdk.DeregisterImageCommand({ ImageId: built }))
  for (const at of ['state', 'another-machine'])
    expect(await verify({}, context(at))).toMatchObject({ images, drift: [] })
  await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(await imagesOnAws()).toEqual([])
})

test('another built image, or a disk, under the same version is refused before anything is changed', async () => {
  write()
  const first = await buildOnAws(here)
  await publish({}, context())
  const second = await buildOnAws(here, 1_769_999_999)
  const before = changing()
  for (const at of ['state', 'another-machine'])
    await expect(publish({}, context(at))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(new RegExp(`${first}.*${second}`)),
    })
  writeFileSync(join(here.folder, 'disk.raw'), smallDisk())
  write({}, { os: 'debian12', disk: 'disk.raw', architecture: 'x86_64', firmware: 'uefi' })
  for (const at of ['state', 'another-machine'])
    await expect(publish({}, context(at))).rejects.toMatchObject({ code: 'conflict' })
  expect(changing()).toEqual(before)
})

test('a version that a disk was published under is not published from what was built', async () => {
  writeFileSync(join(here.folder, 'disk.raw'), smallDisk())
  write({}, { os: 'debian12', disk: 'disk.raw', architecture: 'x86_64', firmware: 'uefi' })
  await publish({}, context())
  write({}, { os: 'debian12' })
  await buildOnAws(here)
  const before = changing()
  await expect(publish({}, context('another-machine'))).rejects.toMatchObject({
    complaints: [home, other].map(() => ({
      message: expect.stringContaining('something else'),
      hint: expect.anything(),
    })),
  })
  expect(changing()).toEqual(before)
})

test('clouds without a built image are refused before anything is changed, each by its name, and the disk is named', async () => {
  const openstack = { regions: ['RegionOne'], cloud: 'sindri-rehearsal' }
  writeBuilt(here, { aws: { regions: [home] }, openstack })
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: [
      { message: expect.stringContaining('aws: AWS has no image'), hint: expect.stringMatching(/vm build.*--disk/) },
      { message: expect.stringContaining('openstack: '), hint: expect.stringMatching(/--disk.*across clouds/) },
    ],
  })
  expect(changing()).toEqual([])
})

test('readers of an encrypted image are refused before anything is changed', async () => {
  writeBuilt(here, { aws: { regions: [home, other], accounts: [reader] } })
  await new sdk.EC2Client({ region: home }).send(new sdk.EnableEbsEncryptionByDefaultCommand({}))
  await buildOnAws(here)
  const before = changing()
  const said = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) })
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: [said('is encrypted'), said(`${home} encrypts every new snapshot`)],
  })
  expect(changing()).toEqual(before)
})

test('a public release where copies would be encrypted is refused before anything is changed', async () => {
  write({}, { audience: 'public', allow_public: true })
  await buildOnAws(here)
  await new sdk.EC2Client({ region: other }).send(new sdk.EnableEbsEncryptionByDefaultCommand({}))
  const before = changing()
  const said = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) })
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: expect.arrayContaining([
      said(`${home} blocks public images`),
      said(`${other} encrypts every new snapshot`),
    ]),
  })
  expect(changing()).toEqual(before)
})

test('the printed policy allows all of it', async () => {
  write({ accounts: [reader], ssm_parameter: '/images/golden' })
  await buildOnAws(here)
  const { policy } = await releasePermissions({ cloud: 'aws' }, context())
  await here.reopen({ policy })
  expect((await publish({}, context())).images).toHaveLength(2)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  expect((await unpublish({ confirm: async () => true }, context())).removed).toHaveLength(2)
})

const calls = ['CopyImage', 'ModifySnapshotAttribute', 'ModifyImageAttribute'].flatMap((operation) =>
  [home, other].flatMap((region) => ['state', 'another-machine'].map((at) => ({ operation, region, at }))),
)

// As if killed: the call has had its effect, and the run ends without having learnt of it.
test.each(calls)(
  'broken off after $operation in $region and gone on with from $at, it makes everything once',
  async ({ at, ...call }) => {
    write({ accounts: [reader] })
    await buildOnAws(here)
    await here.reopen({ faults: [{ ...call, when: 'after', code: 'UnauthorizedOperation', left: 1 }] })
    await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
    const { images } = await publish({}, context(at))
    expect(images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} user ${reader}`,
      `${other} user ${reader}`,
    ])
    expect(await verify({}, context())).toMatchObject({ drift: [] })
    expect(await imagesOnAws()).toHaveLength(3)
  },
)

test('a machine without records publishes anew what was unpublished', async () => {
  write()
  const built = await buildOnAws(here)
  await publish({}, context())
  await unpublish({ confirm: async () => true }, context())
  const { images } = await publish({}, context('another-machine'))
  expect(images.map(({ region, digest }) => `${region} ${digest}`)).toEqual(
    [home, other].map((region) => `${region} image:${built}`),
  )
})
