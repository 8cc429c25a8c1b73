import type { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { cloudFolder } from '../src/rehearsal/kit/stand-in.ts'
import type { OciRecords } from '../src/rehearsal/oci/records.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { useRehearsal } from '../src/rehearsal/rehearsal.fixture.ts'
import { ociClient } from './oci-client.ts'
import { changingIn, contextIn, smallDisk, writeRelease } from './publishing.ts'

const [home, other] = ['eu-frankfurt-1', 'us-ashburn-1'] as const
const compartment = 'ocid1.compartment.oc1..aaaaaaaacompartment'
const here = useRehearsal(
  () => {
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
  },
  (now) => now + 150,
)

function write(oci: object = {}, release: object = {}, bytes: Buffer = smallDisk()): void {
  const target = { regions: [home, other], compartment_ocid: compartment, ...oci }
  writeRelease(here.folder, { oci: target }, release, bytes)
}

const context = (at = 'state') => contextIn(here, { home: at })
const changing = (): readonly string[] => changingIn(here, /^(Get|Head|List)/)
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

function leftOver(): unknown {
  return Object.values(records().buckets ?? {}).map(({ displayName, region, objects, uploads, accesses }) => {
    return [displayName, region, ...[objects, uploads, accesses].map((things) => Object.keys(things).length)]
  })
}

test('a disk becomes an image in every region, sent once, and nothing is sent or made twice', async () => {
  write()
  const planned = await planRelease({}, context())
  expect(planned.findings).toEqual([])
  expect(planned.steps.map(({ state }) => state)).toEqual(['to do', 'to do', 'to do'])
  expect(changing()).toEqual([])

  const first = await publish({}, context())
  expect(first.images.map(({ region, name }) => [region, name])).toEqual([
    [home, first.release],
    [other, first.release],
  ])
  // Its 49 clusters of 64 KiB, and the five of a qcow2 file that lead to them.
  expect(first.sent_bytes).toBe(54 * 65_536)
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
  for (const { region, image_id: id } of first.images) {
    const { file } = records().images[id] ?? { file: '' }
    const bytes = readFileSync(join(folder(), 'disks', file)).subarray(0, first.disk_bytes)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(first.disk_sha256)
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
  expect(await verify({}, context())).toMatchObject({ drift: [], images: first.images })

  const before = changing().length
  expect(await publish({}, context())).toMatchObject({ images: first.images, changed: [], sent_bytes: 0 })
  const lost = await publish({}, context('another-machine'))
  expect(lost).toMatchObject({ images: first.images, changed: [], sent_bytes: 0, release: first.release })
  expect(changing().length).toBe(before)
})

test('a region that is added later gets an image; the others are left as they are', async () => {
  write({ regions: [home] })
  const first = await publish({}, context())
  write()
  const second = await publish({}, context())
  expect(second.images.map(({ region }) => region)).toEqual([home, other])
  expect(second.images[0]).toEqual(first.images[0])
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
  expect(await verify({}, context('another-machine'))).toMatchObject({ drift: [] })
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

test('unpublishing leaves nothing but the bucket, and the version can be published anew', async () => {
  write()
  const { images } = await publish({}, context())
  const removed = await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(removed.removed).toEqual(images)
  expect(records()).toMatchObject({ images: {}, capabilities: {} })
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
  expect((await publish({}, context('another-machine'))).images).toHaveLength(2)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

/** As when the process is killed behind a call: it was carried out, and nobody knows. */
test.for([
  'CreateBucket',
  'CreateMultipartUpload',
  'UploadPart',
  'CommitMultipartUpload',
  'CreatePreauthenticatedRequest',
  'CreateImage',
  'DeletePreauthenticatedRequest',
  'CreateComputeImageCapabilitySchema',
  'DeleteObject',
])('a run that ends behind %s is continued, also without its records', async (operation) => {
  for (const [index, machine] of ['state', 'another-machine'].entries()) {
    write({}, { version: `1.4.${index}` })
    // Not tried again.
    await here.reopen({ faults: [{ operation, when: 'after', code: 'InvalidParameter', left: 1 }] })
    // The bucket of the first round is still there.
    if (operation !== 'CreateBucket' || index === 0)
      await expect(publish({}, context())).rejects.toMatchObject({ code: 'failed' })
    expect((await publish({}, context(machine))).images).toHaveLength(2)
    expect(Object.keys(records().images)).toHaveLength(2 * (index + 1))
    expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
    expect(await verify({}, context())).toMatchObject({ drift: [] })
  }
})

test('lost answers and throttling change nothing', async () => {
  write()
  const faults = [
    'CreateBucket',
    'CreateMultipartUpload',
    'UploadPart',
    'CommitMultipartUpload',
    'CreateImage',
  ].flatMap((operation) => [
    { operation, when: 'before', code: 'TooManyRequests', left: 1 },
    { operation, when: 'after', code: 'Disconnect', left: 1 },
  ])
  await here.reopen({ faults })
  expect((await publish({}, context())).images).toHaveLength(2)
  expect(Object.keys(records().images)).toHaveLength(2)
  expect(leftOver()).toEqual([['sindri-publish', home, 0, 0, 0]])
})
