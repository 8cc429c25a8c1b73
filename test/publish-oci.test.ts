import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { type PublishResult, publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { diskPermissionsOf } from '../src/clouds/oci/disk-permissions.ts'
import { readConfig } from '../src/config/read.ts'
import { releaseOf } from '../src/config/release.ts'
import { lastEntries } from '../src/rehearsal/kit/journal.ts'
import { cloudFolder } from '../src/rehearsal/kit/stand-in.ts'
import type { OciRecords } from '../src/rehearsal/oci/records.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { type OciClient, ociClient } from './oci-client.ts'
import { publishContract } from './publish-contract.ts'
import { smallDisk } from './publishing.ts'
import { usePublishing } from './use-publishing.ts'

const publishing = usePublishing('oci')
const { here, write, context, changing } = publishing
const [home, other] = publishing.regions
const compartment = 'ocid1.compartment.oc1..aaaaaaaacompartment'
const folder = (): string => cloudFolder(filesOf(here.places).folder, 'oci')
// Written by the stand-in and by nothing else.
const records = (): OciRecords => JSON.parse(readFileSync(join(folder(), 'records.json'), 'utf8')) as OciRecords

interface Schema {
  readonly id: string
  readonly schemaData: Readonly<Record<string, { readonly defaultValue: string }>>
}

function schemas(region: string, image: string): Promise<readonly Schema[]> {
  const client = ociClient(here.rehearsal.environment, region)
  return client.ask('GET', `computeImageCapabilitySchemas?compartmentId=${compartment}&imageId=${image}`)
}

const storage = (): OciClient => ociClient(here.rehearsal.environment, home, 'objectstorage')

/** What an instance of each image would find on its disk is the disk. */
async function expectDisk({ images, disk_bytes: size, disk_sha256: digest }: PublishResult): Promise<void> {
  for (const { image_id: id } of images) {
    const { file } = records().images[id] ?? { file: '' }
    const bytes = (await readFile(join(folder(), 'disks', file))).subarray(0, size)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest)
  }
}

/** Each bucket with how many objects, uploads and pre-authenticated requests are in it. */
function leftOver(): unknown {
  return Object.values(records().buckets ?? {}).map(({ displayName, region, objects, uploads, accesses }) => {
    return [displayName, region, ...[objects, uploads, accesses].map((things) => Object.keys(things).length)]
  })
}

// The bucket is shared by all releases and stays.
publishContract(publishing, {
  added: [`oci/temporary/${home}`],
  copies: false,
  gone() {
    expect(records()).toMatchObject({ images: {}, capabilities: {} })
    expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
  },
})

test('the disk is sent once for all regions, and each image holds it and says of itself what it is', async () => {
  write()
  const planned = await planRelease({}, context())
  expect(planned).toMatchObject({ findings: [], steps: Array(3).fill({ state: 'to do' }) })
  const first = await publish({}, context())
  expect(first.images.map(({ name }) => name)).toEqual([first.release, first.release])
  // Its 49 clusters of 64 KiB, and the five of a qcow2 file that lead to them.
  expect(first.sent_bytes).toBe(54 * 65_536)
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
  await expectDisk(first)
  for (const { region, image_id: id } of first.images) {
    const image: object = await ociClient(here.rehearsal.environment, region).ask('GET', `images/${id}`)
    expect(image).toMatchObject({
      displayName: first.release,
      lifecycleState: 'AVAILABLE',
      launchMode: 'PARAVIRTUALIZED',
      operatingSystem: 'debian',
      operatingSystemVersion: '12',
      freeformTags: { 'sindri:release': 'golden-1.4.2-debian12', 'sindri:fingerprint': first.disk_sha256 },
    })
    expect((await schemas(region, id))[0]?.schemaData['Compute.Firmware']?.defaultValue).toBe('UEFI_64')
  }
})

test('what was unpublished can be published anew where nobody remembers it', async () => {
  write()
  await publish({}, context())
  await unpublish({ confirm: async () => true }, context('another-machine'))
  expect((await publish({}, context('another-machine'))).images).toHaveLength(2)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('what a region that is added later was sent is removed again', async () => {
  write({ regions: [home] })
  await publish({}, context())
  write()
  expect((await publish({}, context())).images).toHaveLength(2)
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
})

const crash = [
  'CreateBucket',
  'CreateMultipartUpload',
  'UploadPart',
  'CommitMultipartUpload',
  'CreatePreauthenticatedRequest',
  'CreateImage',
  'DeletePreauthenticatedRequest',
  'CreateComputeImageCapabilitySchema',
  'DeleteObject',
].map((operation, index) => ({ operation, machine: index % 2 === 0 ? 'another-machine' : 'state' }))

test.for([...crash, { operation: 'CreateImage', machine: 'another-machine' }])(
  'a run that ends behind $operation is continued on $machine',
  async ({ operation, machine }) => {
    write()
    // As when it is killed: the call was carried out, its answer is not known, and it is not tried again.
    await here.reopen({ faults: [{ operation, when: 'after', code: 'InvalidParameter', left: 1 }] })
    await expect(publish({}, context())).rejects.toMatchObject({ code: 'failed' })
    expect((await publish({}, context(machine))).images).toHaveLength(2)
    expect(Object.keys(records().images)).toHaveLength(2)
    expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
    expect(await verify({}, context())).toMatchObject({ drift: [] })
  },
)

test('two runs that know nothing of each other make everything once', async () => {
  write()
  await Promise.allSettled([publish({}, context()), publish({}, context('another-machine'))])
  const made = []
  for (const machine of ['state', 'another-machine']) made.push((await publish({}, context(machine))).images)
  expect(made[1]).toEqual(made[0])
  expect(Object.keys(records().images)).toHaveLength(2)
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('lost answers and throttling change nothing', async () => {
  write()
  const operations = ['CreateBucket', 'CreateMultipartUpload', 'UploadPart', 'CommitMultipartUpload', 'CreateImage']
  const faults = operations.flatMap((operation) => [
    { operation, when: 'before', code: 'TooManyRequests', left: 1 },
    { operation, when: 'after', code: 'Disconnect', left: 1 },
  ])
  await here.reopen({ faults })
  expect((await publish({}, context())).images).toHaveLength(2)
  expect(Object.keys(records().images)).toHaveLength(2)
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
})

test('parts that arrived are not sent again, even where nobody wrote down that they did; another in their place is', async () => {
  write({ regions: [home] }, {}, Buffer.concat([smallDisk(), Buffer.alloc(18 * 1024 * 1024, 'data')]))
  const down = { operation: 'CommitMultipartUpload', when: 'before', code: 'Forbidden', left: 2 }
  await here.reopen({ faults: [down] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'failed' })
  await expect(publish({}, context('another-machine'))).rejects.toMatchObject({ code: 'failed' })
  const sent = (): number => changing().filter((operation) => operation === 'UploadPart').length
  expect(sent()).toBe(2)

  const [upload] = Object.values(Object.values(records().buckets ?? {})[0]?.uploads ?? {})
  const part = `u/${upload?.object}?uploadId=${upload?.id}&uploadPartNum=2`
  await storage().put(`n/sindrirehearsal/b/sindri-publish/${part}`, new Uint8Array(7))
  const resumed = await publish({}, context('a-third-machine'))
  expect(resumed).toMatchObject({ images: [{ region: home }] })
  expect(sent()).toBe(4)
  expect(resumed.sent_bytes).toBeLessThan(6 * 1024 * 1024)
  expect(changing().filter((operation) => operation === 'CreateMultipartUpload')).toHaveLength(1)
  await expectDisk(resumed)
})

test('an import that fails tells why, and leaves neither an image nor a request that opens the object', async () => {
  write({ regions: [home] })
  await here.reopen({ faults: [{ operation: 'CreateImage', when: 'before', code: 'Forbidden', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'failed' })
  const [[name, object] = []] = Object.entries(Object.values(records().buckets ?? {})[0]?.objects ?? {})
  await storage().put(`n/sindrirehearsal/b/sindri-publish/o/${name}`, new Uint8Array(700), object?.metadata)
  await expect(publish({}, context())).rejects.toThrow(
    'the import is FAILED: the file is no QCOW2 image (InvalidImage)',
  )
  expect(leftOver()).toEqual([['sindri-publish', home, 1, 0, 0]])
  await unpublish({ confirm: async () => true }, context())
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
  expect((await publish({}, context())).images).toHaveLength(1)
})

test('what is changed behind its back is named by verify, and mended by publish', async () => {
  write()
  const { images } = await publish({}, context())
  const id = images[1]?.image_id ?? ''
  const [schema] = await schemas(other, id)
  const client = ociClient(here.rehearsal.environment, other)
  await client.ask('DELETE', `computeImageCapabilitySchemas/${schema?.id}`)
  const want = 'firmware UEFI_64, mode PARAVIRTUALIZED, network PARAVIRTUALIZED, boot volume PARAVIRTUALIZED'
  expect((await verify({}, context())).drift).toMatchObject([{ id: `oci/launch/${other}`, want, have: 'not said' }])
  expect((await publish({}, context())).changed).toEqual([`oci/launch/${other}`])
  expect(await verify({}, context())).toMatchObject({ drift: [] })

  await client.ask('DELETE', `images/${id}`)
  const missing = (await verify({}, context())).drift.map((drift) => drift.id)
  expect(missing).toContain(`oci/image/${other}`)
  const mended = await publish({}, context())
  expect(mended.images[0]).toEqual(images[0])
  expect(mended.images[1]?.image_id).not.toBe(id)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('a best-effort region that fails holds up nothing, and is healed by the next run', async () => {
  write({ best_effort_regions: [other] })
  const down = { operation: 'CreateImage', region: other, when: 'before', code: 'LimitExceeded', left: 1 }
  await here.reopen({ faults: [down] })
  const first = await publish({}, context())
  expect(first.images.map(({ region }) => region)).toEqual([home])
  expect(first.failed).toMatchObject([{ id: `oci/image/${other}` }])
  // For the next run, and open to nobody.
  expect(leftOver()).toEqual([['sindri-publish', home, 1, 0, 0]])
  const healed = await publish({}, context())
  expect(healed).toMatchObject({ failed: [], sent_bytes: 0, images: [first.images[0], { region: other }] })
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
})

test('an image that somebody removed is made again from the same object, also where nobody remembers the first', async () => {
  write({ best_effort_regions: [other] })
  const down = { operation: 'CreateImage', region: other, when: 'before', code: 'LimitExceeded', left: 1 }
  await here.reopen({ faults: [down] })
  const { images } = await publish({}, context())
  await ociClient(here.rehearsal.environment, home).ask('DELETE', `images/${images[0]?.image_id}`)
  const again = await publish({}, context('another-machine'))
  expect(again).toMatchObject({ failed: [], sent_bytes: 0, images: [{ region: home }, { region: other }] })
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
})

test('a disk for arm64 is noted as fit for arm64, and for the shapes that are named', async () => {
  const shapes = ['VM.Standard.A2.Flex']
  write({ regions: [home], shapes }, { architecture: 'arm64', firmware: 'both' })
  const { images, changed } = await publish({}, context())
  expect(changed).toContain(`oci/shapes/${home}`)
  const id = images[0]?.image_id ?? ''
  expect(records().images[id]?.shapes).toEqual(['VM.Standard.A1.Flex', ...shapes])
  expect((await schemas(home, id))[0]?.schemaData['Compute.Firmware']).toMatchObject({
    defaultValue: 'UEFI_64',
    values: ['UEFI_64', 'BIOS'],
  })
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

const said = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) })

test('what would be refused is told before the first byte', async () => {
  write(
    { regions: [home, 'ap-mumbai-1'] },
    { audience: 'public', allow_public: true, firmware: 'bios', architecture: 'arm64' },
  )
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: expect.arrayContaining([
      said('custom images cannot be public'),
      said('not subscribed to ap-mumbai-1'),
      said('boot by UEFI alone'),
    ]),
  })
  expect(changing()).toEqual([])
})

test('a bucket that is open to everybody, or keeps versions, is noticed', async () => {
  const bucket = {
    name: 'sindri-publish',
    compartmentId: compartment,
    publicAccessType: 'ObjectRead',
    versioning: 'Enabled',
  }
  await storage().ask('POST', 'n/sindrirehearsal/b', bucket)
  write()
  const before = changing().length
  await expect(publish({}, context())).rejects.toThrow('is open to everybody (ObjectRead)')
  expect((await planRelease({}, context())).findings).toMatchObject([
    { level: 'error', message: 'oci: the bucket sindri-publish in eu-frankfurt-1 is open to everybody (ObjectRead)' },
    { level: 'warning', message: expect.stringContaining('keeps versions') },
  ])
  expect(changing().length).toBe(before)
})

test('the statements that are printed are enough, and each that is not for looking ahead is needed', async () => {
  write()
  const { targets } = releaseOf(await readConfig(undefined, here.folder), {})
  if (targets.oci === undefined) throw new Error('no settings')
  const statements = diskPermissionsOf(targets.oci).map(({ action }) => action)
  const enforce = (value: readonly string[]): Promise<void> => here.reopen({ policy: { value, file: 'policy.json' } })
  for (const [index, left] of statements.entries()) {
    // Where these may not be read, nothing is said of regions and limits.
    if (/tenancies|resource-availability/.test(left)) continue
    await enforce(statements.filter((one) => one !== left))
    write({ bucket: `b${index}` }, { version: `1.${index}` })
    await expect(publish({}, context()), left).rejects.toMatchObject({ code: expect.stringMatching(/denied|failed/) })
  }
  await enforce(statements)
  write({}, { version: '2.0' })
  expect((await publish({}, context())).images).toHaveLength(2)
  await unpublish({ confirm: async () => true }, context())
  const refused = lastEntries(filesOf(here.places).journal, 40).filter(({ status }) => status === 404)
  expect(refused.map(({ operation }) => operation)).toEqual([])
})
