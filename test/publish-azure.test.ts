import type { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ClientSecretCredential } from '@azure/identity'
import { expect, test, vi } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { connectAzure } from '../src/clouds/azure/api.ts'
import { connectAzureDisk } from '../src/clouds/azure/disk-api.ts'
import { diskActions } from '../src/clouds/azure/disk-permissions.ts'
import { roleOf } from '../src/clouds/azure/permissions.ts'
import { azurePublisher } from '../src/clouds/azure/publisher.ts'
import { azureRelease } from '../src/config/targets/azure.ts'
import { azure as standIn } from '../src/rehearsal/azure/index.ts'
import { lastEntries } from '../src/rehearsal/kit/journal.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const [home, other] = ['westeurope', 'northeurope'] as const
const reader = '12345678-1234-1234-1234-123456789abc'
const community = {
  publisher_uri: 'https://example.com',
  publisher_contact: 'images@example.com',
  eula: 'https://example.com/eula',
  public_name_prefix: 'golden',
}
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 200,
)

function write(azure: object = {}, release: object = {}, bytes: Buffer = smallDisk()): void {
  writeRelease(here.folder, { azure: { regions: [home, other], ...azure } }, release, bytes)
}

const context = (at = 'state') => contextIn(here, { home: at })
const changing = (): readonly string[] =>
  changingIn(here, /\.(Get\w*|List\w*|CheckNameAvailability)$|^login|RoleAssignments\.(Get|List)/)
const subscription = '5a1d0000-0000-4000-8000-000000000004'
const azureHome = () => ({ subscription, tenant: undefined, environment: here.rehearsal.environment })
const version = `/subscriptions/${subscription}/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/golden-debian12/versions/1.4.2`

/** Something that is asked of Resource Manager besides. */
async function manage(method: string, path: string, body?: object): Promise<void> {
  const { AZURE_TENANT_ID = '', AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '' } = here.rehearsal.environment
  const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET)
  const { token } = await credential.getToken('https://management.azure.com/.default')
  const answer = await fetch(`https://management.azure.com${path}?api-version=2024-03-03`, {
    ...{ method, headers: { authorization: `Bearer ${token}` } },
    ...(body && { body: JSON.stringify(body) }),
  })
  expect(answer.status).toBeLessThan(300)
}

/** What the subscription holds, by kind. */
const held = () => standIn.resources(join(here.places.home, 'rehearsal'), here.now)?.images ?? {}

test('a disk becomes a version in every region, with its readers, and nothing is sent or made twice', async () => {
  write({ readers: [reader], replicas: 2 })
  const planned = await planRelease({}, context())
  expect(planned.findings).toEqual([])
  expect(planned.steps.map(({ id, state }) => `${id} ${state}`)).toEqual(
    [
      ...['azure/group', `azure/storage/${home}`, 'azure/gallery', 'azure/definition', `azure/disk/${home}`],
      ...[`azure/version/${home}`, `azure/replica/${other}`],
    ].map((id) => `${id} to do`),
  )
  expect(changing()).toEqual([])

  const first = await publish({}, context())
  expect(first.images.map(({ region, readers, image_id: id }) => `${region} ${readers} ${id}`)).toEqual([
    `${home} principal ${reader} ${version}`,
    `${other} principal ${reader} ${version}`,
  ])
  expect(first.release).toMatch(/^golden-1\.4\.2-\d{8}-debian12$/)
  // Three granules of 64 KiB with something in them, and the footer.
  expect(first.sent_bytes).toBe(3 * 64 * 1024 + 512)
  const pages = lastEntries(filesOf(here.places).journal, 10_000).filter(({ operation }) => /PutPage/.test(operation))
  expect(pages.length).toBeGreaterThan(1)
  for (const { parameters } of pages) expect(parameters).toHaveProperty('md5')
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  const { versions = [], blobs } = held()
  expect(versions).toMatchObject([
    {
      state: 'Succeeded',
      tags: { Name: first.release, 'sindri:release': 'golden-1.4.2-debian12', 'sindri:release-version': '1.4.2' },
      publishingProfile: {
        targetRegions: [
          { name: home, regionalReplicaCount: 2 },
          { name: other, regionalReplicaCount: 2 },
        ],
        excludeFromLatest: false,
      },
    },
  ])
  expect(blobs).toBeUndefined()

  const before = changing().length
  const again = await publish({}, context())
  expect(again).toMatchObject({ images: first.images, changed: [], sent_bytes: 0 })
  const lost = await publish({}, context('another-machine'))
  expect(lost).toMatchObject({ images: first.images, changed: [], sent_bytes: 0, release: first.release })
  expect(changing().length).toBe(before)
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

test('a region, a reader and a replica that are added later change nothing else', async () => {
  write({ regions: [home] })
  const first = await publish({}, context())
  write({ readers: [reader], replicas: 3 })
  const second = await publish({}, context())
  expect(second.images.map(({ region, image_id: id }) => `${region} ${id}`)).toEqual([
    `${home} ${first.images[0]?.image_id}`,
    `${other} ${first.images[0]?.image_id}`,
  ])
  expect(second).toMatchObject({
    sent_bytes: 0,
    changed: [`azure/replicas/${home}`, `azure/readers/${home}`],
  })
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('another disk under the same version is refused before anything is changed, with and without records', async () => {
  write()
  await publish({}, context())
  const before = changing().length
  write({}, {}, smallDisk('two'))
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'conflict' })
  await expect(publish({}, context('another-machine'))).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(
      'version 1.4.2 of golden-debian12 was made for golden-1.4.2-debian12 from the disk',
    ),
  })
  expect(changing().length).toBe(before)
})

test('another release whose version comes to the same number is refused', async () => {
  write()
  await publish({}, context())
  write({}, { version: 'v1.4.2' })
  await expect(publish({}, context())).rejects.toThrow('was made for golden-1.4.2-debian12')
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

test('what was published is looked at without the disk', async () => {
  write({ readers: [reader] })
  const { images } = await publish({}, context())
  rmSync(join(here.folder, 'disk.raw'))
  expect(await verify({}, context())).toMatchObject({ images, drift: [] })
  await expect(publish({}, context())).rejects.toThrow('disk.raw')
})

test('unpublishing leaves nothing, with and without records, and the version can be published anew', async () => {
  write({ readers: [reader] })
  const { images } = await publish({}, context())
  const removed = await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(removed.removed).toEqual(images)
  expect(held()).toEqual({})
  expect((await publish({}, context())).images).toEqual(images)
  await unpublish({ confirm: async () => true }, context())
  expect(held()).toEqual({})
})

test('a version that somebody else made in the place of ours is neither taken for ours nor removed', async () => {
  write()
  await publish({}, context())
  await manage('PUT', version, { location: home, tags: {}, properties: {} })
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

test('a region that fails and may, fails nothing else and is healed by the next run', async () => {
  const third = 'uksouth'
  write({ regions: [home, other, third], best_effort_regions: [other] })
  const failure = {
    operation: 'GalleryImageVersions.Replicate',
    region: other,
    when: 'before',
    code: 'InternalServerError',
  }
  await here.reopen({ faults: [{ ...failure, left: 1 }] })
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
  const failure = {
    operation: 'GalleryImageVersions.Replicate',
    region: other,
    when: 'before',
    code: 'InternalServerError',
  }
  await here.reopen({ faults: [{ ...failure, left: 1 }] })
  await expect(publish({}, context())).rejects.toThrow(`could not copy 1.4.2 to ${other}`)
  expect(held().roleAssignments).toBeUndefined()
  expect(await publish({}, context())).toMatchObject({ sent_bytes: 0, images: [{ region: home }, { region: other }] })
})

test('a version that Azure could not make is removed and made anew, of what was sent already', async () => {
  write()
  const failure = {
    operation: 'GalleryImageVersions.Replicate',
    region: home,
    when: 'before',
    code: 'InternalServerError',
  }
  await here.reopen({ faults: [{ ...failure, left: 1 }] })
  await expect(publish({}, context())).rejects.toThrow('could not make version 1.4.2')
  expect(held().versions).toBeUndefined()
  expect(await publish({}, context())).toMatchObject({ sent_bytes: 0, images: [{ region: home }, { region: other }] })
  expect(held().blobs).toBeUndefined()
})

/** The first seven act, and the run learns only that it may not: as if it had been ended there. The last does not act. */
const ends = [
  ...['StorageAccounts.Create', 'PageBlobs.Create', 'PageBlobs.PutPage', 'Blobs.SetMetadata'],
  ...[
    'Galleries.CreateOrUpdate',
    'GalleryImageVersions.CreateOrUpdate',
    'RoleAssignments.CreateForGalleryImageVersion',
  ],
].map((operation) => ({ operation, when: 'after' }))

test.each([...ends, { operation: 'Blobs.Delete', when: 'before' }])(
  'a run that ends $when $operation is gone on with, also where nothing was written down',
  async (end) => {
    write({ readers: [reader] })
    await here.reopen({ faults: [{ ...end, code: 'AuthorizationFailed', left: 1 }] })
    await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
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
  await here.reopen({
    faults: [{ operation: 'Blobs.SetMetadata', when: 'before', code: 'AuthorizationFailed', left: 1 }],
  })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  const resumed = await publish({}, context('another-machine'))
  expect(resumed.sent_bytes).toBe(0)
  expect(resumed.images).toHaveLength(2)
})

test('an upload that is given up is removed with its account', async () => {
  write()
  await here.reopen({
    faults: [{ operation: 'Blobs.SetMetadata', when: 'before', code: 'AuthorizationFailed', left: 1 }],
  })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
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

test('what would be refused at the end is refused before the first byte', async () => {
  const images = connectAzure(azureHome())
  const disks = connectAzureDisk(azureHome())
  const group = `/subscriptions/${subscription}/resourceGroups/images`
  const gallery = `${group}/providers/Microsoft.Compute/galleries/golden`
  await images.putGroup({ name: 'images', location: home, tags: {} })
  await images.putGroup({ name: 'others', location: home, tags: {} })
  await disks.putGallery(gallery, { location: home, tags: {}, community: undefined })
  await disks.putDefinition(`${gallery}/images/golden-debian12`, {
    ...{ location: home, tags: {}, publisher: 'golden', offer: 'debian12', sku: 'x64-gen2' },
    ...{ generation: 'V1', architecture: 'x64', features: { DiskControllerTypes: 'NVMe, SCSI' } },
  })
  await disks.putAccount(`${group.replace('images', 'others')}/providers/Microsoft.Storage/storageAccounts/taken`, {
    ...{ location: home, tags: {} },
  })
  const before = changing().length
  write(
    { regions: [home, 'atlantis'], storage_account: 'taken', trusted_launch: true, nvme: true, community },
    { audience: 'public', allow_public: true },
  )
  const said = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) })
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: [
      said('atlantis is not a location this subscription may use'),
      said('the storage account taken cannot be made: The storage account named taken is already taken.'),
      said('the gallery golden was made to be private, not for the community'),
      said('the image definition golden-debian12 is another: generation is v1, and should be v2'),
      said('is another: SecurityType is not set, and should be trustedlaunchsupported'),
    ],
  })
  expect(changing().length).toBe(before)
})

test('what the principal may not do, and what the subscription is not registered for, is told before the first byte', async () => {
  write()
  const role = roleOf(
    Object.values(diskActions)
      .flat()
      .filter((action) => !action.endsWith('/blobs/write'))
      .map((action) => ({ action, by: 'sindri', purpose: '', late: false }) as const),
    undefined,
  )
  await manage('POST', `/subscriptions/${subscription}/providers/Microsoft.Storage/unregister`)
  await here.reopen({ policy: { value: role, file: 'role.json' } })
  const before = changing().length
  const said = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) })
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: [
      said(
        'may not do all that is needed in images: Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
      ),
      said('is not registered for Microsoft.Storage (NotRegistered)'),
    ],
  })
  expect(changing().length).toBe(before)
})
