import type { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { connectAzure } from '../src/clouds/azure/api.ts'
import { connectAzureDisk } from '../src/clouds/azure/disk-api.ts'
import { azurePublisher } from '../src/clouds/azure/publisher.ts'
import { azureRelease } from '../src/config/targets/azure.ts'
import { azure as standIn } from '../src/rehearsal/azure/index.ts'
import { lastEntries } from '../src/rehearsal/kit/journal.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { askManager } from './azure-manager.ts'
import { publishContract } from './publish-contract.ts'
import { smallDisk } from './publishing.ts'
import { usePublishing } from './use-publishing.ts'

const reader = '12345678-1234-1234-1234-123456789abc'
const community = {
  publisher_uri: 'https://example.com',
  publisher_contact: 'images@example.com',
  eula: 'https://example.com/eula',
  public_name_prefix: 'golden',
}
const publishing = usePublishing('azure')
const { regions, here, write, context, changing } = publishing
const [home, other] = regions
const subscription = '5a1d0000-0000-4000-8000-000000000004'
const azureHome = () => ({ subscription, tenant: undefined, environment: here.rehearsal.environment })
const version = `/subscriptions/${subscription}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/golden-debian12/versions/1.4.2`

/** What the subscription holds, by kind. */
const held = () => standIn.resources(join(here.places.home, 'rehearsal'), here.now)?.images ?? {}

publishContract(publishing, {
  opened: { settings: { readers: [reader] }, readers: `principal ${reader}` },
  added: [`azure/readers/${home}`],
  copies: true,
  gone: () => expect(held()).toEqual({}),
})

test('the plan names every step, only granules with something in them are sent, and the version says what it is', async () => {
  write({ replicas: 2 })
  const planned = await planRelease({}, context())
  expect(planned.findings).toEqual([])
  expect(planned.steps.map(({ id }) => id)).toEqual([
    ...['azure/group', `azure/storage/${home}`, 'azure/gallery', 'azure/definition', `azure/disk/${home}`],
    ...[`azure/version/${home}`, `azure/replica/${other}`],
  ])
  const first = await publish({}, context())
  expect(first.images.map(({ image_id: id }) => id)).toEqual([version, version])
  // Three granules of 64 KiB with something in them, and the footer.
  expect(first.sent_bytes).toBe(3 * 64 * 1024 + 512)
  const pages = lastEntries(filesOf(here.places).journal, 10_000).filter(({ operation }) => /PutPage/.test(operation))
  expect(pages.length).toBeGreaterThan(1)
  for (const { parameters } of pages) expect(parameters).toHaveProperty('md5')
  const { versions = [], blobs } = held()
  expect(versions).toMatchObject([
    {
      state: 'Succeeded',
      tags: { Name: first.release, 'sindri:release': 'golden-1.4.2-debian12', 'sindri:release-version': '1.4.2' },
      publishingProfile: {
        targetRegions: regions.map((name) => ({ name, regionalReplicaCount: 2 })),
        excludeFromLatest: false,
      },
    },
  ])
  expect(blobs).toBeUndefined()
})

/** The files of disks and blobs that the stand-in keeps, and the one of the version. */
function kept(): { readonly files: readonly string[]; readonly disk: Buffer } {
  const folder = join(here.places.home, 'rehearsal/azure')
  const { resources } = JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8'))
  const { file } = resources[version.toLowerCase()]
  return { files: readdirSync(join(folder, 'disks')), disk: readFileSync(join(folder, 'disks', file)) }
}

test('the version holds the bytes of the disk, filled up to a MiB, and nothing of what was sent is left', async () => {
  write()
  await publish({}, context())
  const { files, disk } = kept()
  const bytes = smallDisk()
  expect(disk.length).toBe(4 * 1024 * 1024)
  expect(createHash('sha256').update(disk.subarray(0, bytes.length)).digest('hex')).toBe(
    createHash('sha256').update(bytes).digest('hex'),
  )
  expect(disk.subarray(bytes.length).every((byte) => byte === 0)).toBe(true)
  expect(files).toHaveLength(1)
  expect(held().storageAccounts).toMatchObject([{ location: home, tags: { 'sindri:managed': 'true' } }])
})

test('replicas that are added later change nothing else', async () => {
  write()
  const { images } = await publish({}, context())
  write({ replicas: 3 })
  const changed = regions.map((region) => `azure/replicas/${region}`)
  expect(await publish({}, context())).toMatchObject({ images, changed, sent_bytes: 0 })
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('a version Azure has no number for is refused with what to set, and then published as that', async () => {
  write({}, { version: '42.20250526.2.1' })
  await expect(publish({}, context())).rejects.toMatchObject({
    code: 'config',
    hint: expect.stringContaining('release.targets.azure.image_version'),
  })
  write({ image_version: '42.20250526.2' }, { version: '42.20250526.2.1' })
  const { images } = await publish({}, context())
  expect(images[0]?.image_id).toMatch(/\/versions\/42\.20250526\.2$/)
  expect(held().versions).toMatchObject([{ tags: { 'sindri:release-version': '42.20250526.2.1' } }])
})

test('what is taken away or opened behind its back is named by verify, and mended by publish', async () => {
  write({ readers: [reader], end_of_life_date: '2030-01-01T00:00:00Z' })
  await publish({}, context())
  const disks = connectAzureDisk(azureHome())
  const [assigned] = await disks.readers(version)
  await disks.removeReader(assigned?.assignment ?? '')
  await disks.addReader(version, '99999999-1234-1234-1234-123456789abc')
  await connectAzure(azureHome()).changeVersion(version, { endOfLife: undefined, excludedFromLatest: true })
  const stranger = 'principal 99999999-1234-1234-1234-123456789abc'
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `azure/readers/${home}`, want: `principal ${reader}`, have: stranger },
    { id: `azure/readers/${other}`, want: `principal ${reader}`, have: stranger },
    { id: 'azure/end-of-life', want: '2030-01-01T00:00:00.000Z', have: 'never' },
    { id: 'azure/latest', want: 'the latest, when it is', have: 'never the latest' },
  ])
  expect((await publish({}, context())).changed).toEqual([`azure/readers/${home}`, 'azure/end-of-life', 'azure/latest'])
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('a version that somebody else made in the place of ours is neither taken for ours nor removed', async () => {
  write()
  await publish({}, context())
  await askManager(here.rehearsal.environment, 'PUT', version, { location: home, tags: {}, properties: {} })
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `azure/disk/${home}`, have: 'missing' },
    { id: `azure/version/${home}`, have: 'foreign' },
    { id: `azure/replica/${other}`, have: 'missing' },
  ])
  await unpublish({ confirm: async () => true }, context()).catch(() => undefined)
  expect(held().versions).toMatchObject([{ name: '1.4.2', tags: {} }])
})

test('what two releases share stays until the last of them is unpublished', async () => {
  write()
  await publish({}, context())
  write({}, { version: '1.4.3' }, smallDisk('two'))
  await publish({}, context())
  // A third is just being sent.
  const [{ name: account = '' } = {}] = held().storageAccounts ?? []
  const third = { account: String(account), container: 'sindri-disks', name: 'third.vhd' }
  await connectAzureDisk(azureHome()).create(third, 512, { sindri_release: 'golden-1.4.4-debian12' })
  await unpublish({ confirm: async () => true }, context())
  expect(held().versions).toMatchObject([{ name: '1.4.2' }])
  expect(held()).toMatchObject({ galleries: [{}], storageAccounts: [{}], blobs: [{ name: 'third.vhd' }] })
  await connectAzureDisk(azureHome()).remove(third)
  write()
  await unpublish({ confirm: async () => true }, context())
  expect(held()).toEqual({})
})

/** The next copy to this region fails. */
const failingIn = (region: string): Promise<void> => {
  const fault = { operation: 'GalleryImageVersions.Replicate', when: 'before', code: 'InternalServerError', left: 1 }
  return here.reopen({ faults: [{ ...fault, region }] })
}

test('a region that fails and may, fails nothing else and is healed by the next run', async () => {
  const third = 'uksouth'
  write({ regions: [home, other, third], best_effort_regions: [other] })
  await failingIn(other)
  const first = await publish({}, context())
  expect(first.images.map(({ region }) => region)).toEqual([home, third])
  expect(first.failed).toMatchObject([
    { id: `azure/replica/${other}`, message: expect.stringContaining('InternalServerError') },
  ])
  expect(held().versions).toMatchObject([
    { state: 'Succeeded', publishingProfile: { targetRegions: [{ name: home }, { name: third }] } },
  ])
  const healed = await publish({}, context())
  expect(healed).toMatchObject({ failed: [], sent_bytes: 0 })
  expect(healed.images.map(({ region }) => region)).toEqual([home, other, third])
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('a region that must not fail keeps the version private, and the next run goes on', async () => {
  write({ readers: [reader] })
  await failingIn(other)
  await expect(publish({}, context())).rejects.toThrow(`could not copy 1.4.2 to ${other}`)
  expect(held().roleAssignments).toBeUndefined()
  expect(await publish({}, context())).toMatchObject({ sent_bytes: 0, images: [{ region: home }, { region: other }] })
})

test('a version that Azure could not make is removed and made anew, of what was sent already', async () => {
  write()
  await failingIn(home)
  await expect(publish({}, context())).rejects.toThrow('could not make version 1.4.2')
  expect(held().versions).toBeUndefined()
  expect(await publish({}, context())).toMatchObject({ sent_bytes: 0, images: [{ region: home }, { region: other }] })
  expect(held().blobs).toBeUndefined()
})

/** A run that one call ends. */
async function broken(fault: { readonly operation: string; readonly when: string }): Promise<void> {
  await here.reopen({ faults: [{ ...fault, code: 'AuthorizationFailed', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
}

/** The first seven act, and the run learns only that it may not: as if it had been ended there. The last does not act. */
const ends = [
  ...['StorageAccounts.Create', 'PageBlobs.Create', 'PageBlobs.PutPage', 'Blobs.SetMetadata'],
  ...['Galleries.CreateOrUpdate', 'GalleryImageVersions.CreateOrUpdate'],
  'RoleAssignments.CreateForGalleryImageVersion',
].map((operation) => ({ operation, when: 'after' }))

test.each([...ends, { operation: 'Blobs.Delete', when: 'before' }])(
  'a run that ends $when $operation is gone on with, also where nothing was written down',
  async (end) => {
    write({ readers: [reader] })
    await broken(end)
    const { images } = await publish({}, context('another-machine'))
    const sent = held()
    expect(await publish({}, context())).toMatchObject({ images, changed: [], sent_bytes: 0 })
    expect(held()).toEqual(sent)
    expect(sent).toMatchObject({ versions: [{ state: 'Succeeded' }], roleAssignments: [{ principal: reader }] })
    expect(sent.blobs).toBeUndefined()
    expect(kept().files).toHaveLength(1)
    expect(await verify({}, context())).toMatchObject({ drift: [] })
  },
)

test('pages that were stored before a run broke off are not sent again', async () => {
  write()
  await broken({ operation: 'Blobs.SetMetadata', when: 'before' })
  const resumed = await publish({}, context('another-machine'))
  expect(resumed.sent_bytes).toBe(0)
  expect(resumed.images).toHaveLength(2)
})

test('an upload that is given up is removed with its account', async () => {
  write()
  await broken({ operation: 'Blobs.SetMetadata', when: 'before' })
  expect(held().blobs).toHaveLength(1)
  await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(held()).toEqual({})
})

test('for the community the gallery is opened last, and everybody finds the image under its public id', async () => {
  write({ community }, { audience: 'community', allow_public: true })
  const { images } = await publish({}, context())
  expect(images.map(({ readers }) => readers)).toEqual(['community', 'community'])
  const gallery = version.replace(/\/images\/golden-debian12.*/, '')
  expect(await connectAzureDisk(azureHome()).gallery(gallery)).toMatchObject({
    open: true,
    publicName: expect.stringMatching(/^golden-[0-9a-f-]{36}$/),
  })
  const settings = azureRelease({ regions: [home, other], community }, () => undefined)
  const target = await azurePublisher.connect({ azure: settings }, here.rehearsal.environment, here.folder)
  const bytes = smallDisk()
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const plan = target.plan({
    ...{ key: 'golden-1.4.2-debian12', name: '', project: 'golden', version: '1.4.2', os: 'debian12' },
    disk: { digest: sha256, sizeBytes: bytes.length, architecture: 'x86_64', firmware: 'uefi' },
    audience: 'community',
  })
  const [image] = plan.images
  const made = { id: version, region: home, name: '' }
  await plan.settings.find(({ id }) => id === `azure/readers/${home}`)?.read(() => made as never)
  expect(image?.reference?.(made)).toMatch(
    /^\/CommunityGalleries\/golden-[0-9a-f-]{36}\/Images\/golden-debian12\/Versions\/1\.4\.2$/,
  )
  const asked = lastEntries(filesOf(here.places).journal, 10_000).map(({ operation }) => operation)
  const before = asked.slice(0, asked.indexOf('Galleries.Share'))
  expect(before.filter((operation) => operation === 'GalleryImageVersions.CreateOrUpdate')).toHaveLength(2)

  const changes = changing().length
  write({}, { version: '1.4.3' })
  await expect(publish({}, context())).rejects.toThrow('is open to everybody with all its images')
  expect(changing().length).toBe(changes)
  write({ community }, { audience: 'community', allow_public: true })
  await unpublish({ confirm: async () => true }, context())
  expect(held()).toEqual({})
})
