import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { GoogleAuth } from 'google-auth-library'
import { expect, test } from 'vitest'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { gcp } from '../src/rehearsal/gcp/index.ts'
import type { GcpRecords } from '../src/rehearsal/gcp/records.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { publishContract } from './publish-contract.ts'
import { smallDisk } from './publishing.ts'
import { usePublishing } from './use-publishing.ts'

const project = 'sindri-rehearsal'
const reader = 'group:team@example.com'
const api = `https://compute.googleapis.com/compute/v1/projects/${project}`
const storage = 'https://storage.googleapis.com/storage/v1/'
const publishing = usePublishing('gcp')
const { here, write, context, changing } = publishing
const [home, other] = publishing.regions
const now = () => gcp.resources(filesOf(here.places).folder, here.now)?.[project]

publishContract(publishing, {
  opened: { settings: { readers: [reader] }, readers: reader },
  added: [`gcp/readers/${home}`],
  copies: true,
  gone: () => expect(now()).toBeUndefined(),
})

/** Google's own library for credentials, and nothing of ours. */
async function ask(method: 'GET' | 'POST' | 'DELETE', url: string, data?: object): Promise<Record<string, unknown>> {
  const auth = new GoogleAuth({
    scopes: 'https://www.googleapis.com/auth/cloud-platform',
    clientOptions: { transporterOptions: { fetchImplementation: fetch } },
  })
  return (await auth.request<Record<string, unknown>>({ method, url, data })).data
}

/** The disk of an image: what it begins with, how large it is, and whether what follows is nothing but a hole. */
function diskOf(
  name: string,
  bytes: number,
): { readonly sha256: string; readonly hole: boolean; readonly size: number } {
  const folder = join(filesOf(here.places).folder, 'gcp')
  const records: GcpRecords = JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8'))
  const path = join(folder, 'disks', records.images[`projects/${project}/global/images/${name}`]?.file ?? '')
  const begin = Buffer.alloc(bytes)
  const handle = openSync(path, 'r')
  readSync(handle, begin)
  closeSync(handle)
  const { size, blocks } = statSync(path)
  return { sha256: createHash('sha256').update(begin).digest('hex'), hole: blocks * 512 < bytes + 65_536, size }
}

test('each image holds the disk and says of itself what it is, and the bucket is shut and empty', async () => {
  write({ readers: [reader], family: 'golden' })
  const planned = await planRelease({}, context())
  expect(planned).toMatchObject({ findings: [], steps: Array(4).fill({ state: 'to do' }) })
  const first = await publish({}, context())
  for (const { image_id: id } of first.images) {
    expect(id).toMatch(/^golden-1-4-2-\d{8}-debian12-(us-)?[0-9a-f]{8}$/)
    const disk = { sha256: first.disk_sha256, hole: true, size: 1024 ** 3 }
    expect(diskOf(id, first.disk_bytes ?? 0)).toEqual(disk)
  }
  expect(await ask('GET', `${api}/global/images/family/golden`)).toMatchObject({
    name: first.images[0]?.image_id,
    description: first.release,
    architecture: 'X86_64',
    guestOsFeatures: [{ type: 'GVNIC' }, { type: 'UEFI_COMPATIBLE' }, { type: 'VIRTIO_SCSI_MULTIQUEUE' }],
    storageLocations: [home],
  })
  expect(now()?.buckets).toEqual([{ id: 'golden-disks', name: 'golden-disks', location: home, objects: [] }])
  expect(await ask('GET', `${storage}b/golden-disks`)).toMatchObject({
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
  })
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  const before = changing().length
  expect(await publish({}, context('another-machine'))).toMatchObject({ changed: [] })
  expect(changing().length).toBe(before)
})

test('what is changed behind its back is named by verify, and mended by publish; other roles stay', async () => {
  write({ readers: [reader] })
  const { images } = await publish({}, context())
  const image = `${api}/global/images/${images[1]?.image_id}`
  const { etag } = await ask('GET', `${image}/getIamPolicy`)
  const bindings = [
    { role: 'roles/compute.imageUser', members: ['user:stranger@example.com'] },
    { role: 'roles/compute.viewer', members: [reader] },
  ]
  await ask('POST', `${image}/setIamPolicy`, { policy: { bindings, etag } })
  await ask('POST', `${image}/deprecate`, { state: 'OBSOLETE' })
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `gcp/readers/${other}`, want: reader, have: 'user:stranger@example.com' },
    { id: `gcp/state/${other}`, want: 'active', have: 'obsolete' },
  ])
  expect((await publish({}, context())).changed).toEqual([`gcp/readers/${other}`, `gcp/state/${other}`])
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  expect(await ask('GET', `${image}/getIamPolicy`)).toMatchObject({
    bindings: [
      { role: 'roles/compute.viewer', members: [reader] },
      { role: 'roles/compute.imageUser', members: [reader] },
    ],
  })
})

test('a staged image is in its family and not led to, until it is staged no more', async () => {
  write({ family: 'golden', staged: true })
  const { images } = await publish({}, context())
  await expect(ask('GET', `${api}/global/images/family/golden`)).rejects.toMatchObject({ status: 404 })
  write({ family: 'golden' })
  expect((await publish({}, context())).changed).toEqual([`gcp/state/${home}`, `gcp/state/${other}`])
  expect(await ask('GET', `${api}/global/images/family/golden`)).toMatchObject({ name: images[0]?.image_id })
})

test('a location whose failure fails nothing else is told of, and tried again by the next run', async () => {
  const best = { regions: [home, 'mars-north1'], best_effort_regions: ['mars-north1'] }
  write(best)
  expect((await planRelease({}, context())).findings).toMatchObject([
    { level: 'warning', message: 'gcp: mars-north1 is not a region of this project' },
  ])
  const { images, failed } = await publish({}, context())
  expect(images.map(({ region }) => region)).toEqual([home])
  expect(failed).toMatchObject([{ id: 'gcp/image/mars-north1' }])
  expect(now()?.buckets).toMatchObject([{ objects: [] }])
  write({ regions: [home, 'us'], best_effort_regions: ['us'] })
  expect(await publish({}, context())).toMatchObject({ failed: [], images: [{ region: home }, { region: 'us' }] })
})

test('a bucket that was there before is used and stays', async () => {
  await ask('POST', `${storage}b?project=${project}`, { name: 'golden-disks', location: 'EU' })
  write({ regions: [home] })
  await publish({}, context())
  await unpublish({ confirm: async () => true }, context())
  expect(now()?.buckets).toEqual([{ id: 'golden-disks', name: 'golden-disks', location: 'eu', objects: [] }])
})

test('a bucket of another project is not sent to, and a name that is taken not overwritten', async () => {
  await ask('POST', `${storage}b?project=another-project`, { name: 'golden-disks', location: 'EU' })
  write({ regions: [home] })
  await expect(publish({}, context())).rejects.toThrow('the bucket golden-disks is not one of project')
  write({ regions: [home], bucket: 'other-disks' })
  const { images } = await publish({}, context())
  await unpublish({ confirm: async () => true }, context())
  await ask('POST', `${storage}b?project=${project}`, { name: 'disks', location: 'EU' })
  const sourceImage = 'projects/debian-cloud/global/images/family/debian-12'
  await ask('POST', `${api}/global/images`, { name: images[0]?.image_id, sourceImage })
  const before = changing().length
  await expect(publish({}, context())).rejects.toThrow(`there is an image ${images[0]?.image_id} in project`)
  expect(changing().length).toBe(before)
})

test('an image for everybody is refused before the first byte where the organisation forbids it', async () => {
  write({}, { audience: 'public', allow_public: true })
  const resource = `https://cloudresourcemanager.googleapis.com/v1/projects/${project}`
  const constraint = 'constraints/iam.allowedPolicyMemberDomains'
  const policy = (listPolicy: object) => ask('POST', `${resource}:setOrgPolicy`, { policy: { constraint, listPolicy } })
  await policy({ allowedValues: ['C0abc'] })
  const before = changing().length
  await expect(publish({}, context())).rejects.toThrow('the organisation lets nobody outside be given a role')
  expect(changing().length).toBe(before)
  await policy({ allValues: 'ALLOW' })
  const { images } = await publish({}, context())
  expect(images.map(({ readers }) => readers)).toEqual(['allAuthenticatedUsers', 'allAuthenticatedUsers'])
})

test('two machines at the same release make everything once, whoever of them gives way', async () => {
  write({ readers: [reader] })
  await Promise.allSettled([publish({}, context()), publish({}, context('another-machine'))])
  const { images } = await publish({}, context())
  expect(now()?.images.map(({ name }) => name)).toEqual(images.map(({ image_id: id }) => id))
  expect(now()?.buckets).toMatchObject([{ objects: [] }])
  expect(await verify({}, context('another-machine'))).toMatchObject({ images, drift: [] })
})

/** Every change there is on the way, in the order of a first publish; the last two belong to what is declared. */
const changes = [
  'storage.buckets.insert',
  'storage.objects.insert',
  'storage.objects.upload',
  'storage.objects.patch',
  'compute.images.insert',
  'storage.objects.delete',
  'compute.images.setIamPolicy',
  'compute.images.patch',
]

test.each(
  changes.flatMap((operation) => [
    ['before', operation, 'state'] as const,
    ['after', operation, 'state'] as const,
    ['after', operation, 'another-machine'] as const,
  ]),
)(
  'broken off %s %s and gone on with from %s, it ends with the same and nothing else',
  async (when, operation, then) => {
    write({ readers: [reader], family: 'golden' })
    await here.reopen({ faults: [{ operation, when, code: 'forbidden', left: 1 }] })
    await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
    const { images, release } = await publish({}, context(then))
    expect(images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} ${reader}`,
      `${other} ${reader}`,
    ])
    expect(now()?.images.map(({ name }) => name)).toEqual(images.map(({ image_id: id }) => id))
    expect(now()?.buckets).toMatchObject([{ objects: [] }])
    expect(await verify({}, context(then))).toMatchObject({ release, drift: [] })
  },
)

test('an upload that broke off is gone on with: what arrived is not sent again', async () => {
  const bytes = Buffer.concat([smallDisk(), randomBytes(20 * 1024 * 1024)])
  write({ regions: [home] }, {}, bytes)
  const operation = 'storage.objects.upload'
  await here.reopen({ faults: [{ operation, when: 'after', code: 'forbidden', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  const resumed = await publish({}, context())
  // One piece of 16 MiB had arrived.
  expect(resumed.sent_bytes).toBeLessThan(5 * 1024 * 1024)
  expect(diskOf(resumed.images[0]?.image_id ?? '', bytes.length).sha256).toBe(resumed.disk_sha256)
})

test('keys of Secure Boot are in every image; what is no such key is refused before anything is made', async () => {
  const secureBoot = { platform_key: 'pk.pem', signatures: ['db.esl'] }
  const file = (name: string): string => join(here.folder, name)
  const refused = async (message: string): Promise<void> => {
    const before = changing()
    await expect(publish({}, context())).rejects.toThrow(message)
    expect(changing()).toEqual(before)
  }
  write({ secure_boot: {} })
  await refused('secure_boot: names no key')
  write({ secure_boot: secureBoot })
  await refused('secure_boot.platform_key: pk.pem is no file')
  writeFileSync(file('db.esl'), 'a list')
  writeFileSync(file('pk.pem'), '-----BEGIN PRIVATE KEY-----\n')
  await refused('pk.pem holds a private key')
  const [certificate = ''] = rootCertificates
  writeFileSync(file('pk.pem'), certificate)
  const { images } = await publish({}, context())
  const content = certificate.replaceAll(/-----.*-----|\s/g, '')
  for (const { image_id: id } of images)
    expect((await ask('GET', `${api}/global/images/${id}`)).shieldedInstanceInitialState).toEqual({
      pk: { content, fileType: 'X509' },
      dbs: [{ content: Buffer.from('a list').toString('base64'), fileType: 'BIN' }],
    })
  expect(await verify({}, context('another-machine'))).toMatchObject({ drift: [] })
})
