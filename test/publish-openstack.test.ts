import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { releasePermissions } from '../src/actions/permissions.ts'
import { planRelease } from '../src/actions/publish/plan.ts'
import { publish } from '../src/actions/publish/publish.ts'
import { unpublish } from '../src/actions/publish/unpublish.ts'
import { verify } from '../src/actions/publish/verify.ts'
import { connectOpenStack } from '../src/clouds/openstack/api.ts'
import { findCloud } from '../src/clouds/openstack/clouds-file.ts'
import type { ImageService } from '../src/clouds/openstack/port.ts'
import { openDisk } from '../src/disk/open-disk.ts'
import { cloudFolder } from '../src/rehearsal/kit/stand-in.ts'
import { openstackResources } from '../src/rehearsal/openstack/resources.ts'
import { filesOf } from '../src/rehearsal/places.ts'
import { publishContract } from './publish-contract.ts'
import { smallDisk } from './publishing.ts'
import { usePublishing } from './use-publishing.ts'

const reader = '0123456789abcdef0123456789abcdef'
const signal = new AbortController().signal
const publishing = usePublishing('openstack')
const { regions, here, write, context, changing } = publishing
const [home, other] = regions
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

publishContract(publishing, {
  opened: { settings: { projects: [reader] }, readers: `project ${reader}` },
  added: [`openstack/readers/${home}`],
  copies: false,
  async gone() {
    for (const region of regions) expect(await (await imagesIn(region)).find({}, signal)).toEqual([])
  },
})

/** The images of a region, as somebody of this cloud of clouds.yaml has them. */
async function imagesIn(region: string, cloud = 'sindri-rehearsal'): Promise<ImageService> {
  const { environment } = here.rehearsal
  return connectOpenStack(await findCloud({ environment, folder: here.folder, cloud }), environment).images(region)
}

/** sha256 of the disk in the file that a region keeps of an image; a qcow2 fills it up to whole sectors. */
async function storedDisk(region: string, id: string): Promise<string> {
  const folder = cloudFolder(filesOf(here.places).folder, 'openstack')
  const found = openstackResources(JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8')), here.now)[
    region
  ]?.images.find((image) => image.id === id)
  const disk = await openDisk(join(folder, 'disks', String(found?.file)))
  try {
    const bytes = Buffer.alloc(smallDisk().length)
    await disk.read(0, bytes)
    return sha256(bytes)
  } finally {
    await disk.close()
  }
}

test('each image of every region of the cloud holds the disk and says of itself what it is', async () => {
  write({ regions: undefined, projects: [reader], properties: { hw_scsi_model: 'virtio-scsi' } })
  const planned = await planRelease({}, context())
  expect(planned).toMatchObject({ findings: [], steps: [{ state: 'to do' }, { state: 'to do' }] })
  const first = await publish({}, context())
  expect(first.images.map(({ region }) => region)).toEqual(regions)
  for (const { region, image_id: id } of first.images) {
    expect(await storedDisk(region, id)).toBe(sha256(smallDisk()))
    expect(await (await imagesIn(region)).get(id, signal)).toMatchObject({
      ...{ name: first.release, status: 'active', diskFormat: 'qcow2', minDiskGib: 1, visibility: 'shared' },
      properties: {
        ...{ architecture: 'x86_64', hw_firmware_type: 'uefi', hw_scsi_model: 'virtio-scsi' },
        ...{ os_type: 'linux', os_distro: 'debian', os_version: '12' },
      },
    })
  }
  expect(await verify({}, context())).toMatchObject({ drift: [] })
  const before = changing().length
  expect(await publish({}, context('another-machine'))).toMatchObject({ changed: [], sent_bytes: 0 })
  expect(changing().length).toBe(before)
})

test('what is taken away or opened behind its back is named by verify, and mended by publish', async () => {
  write({ projects: [reader], protected: true })
  const { images } = await publish({}, context())
  const [one = '', two = ''] = images.map(({ image_id: id }) => id)
  await (await imagesIn(other)).removeMember(two, reader, signal)
  const stranger = { visibility: 'community', protected: false, properties: { hw_firmware_type: 'bios' } } as const
  await (await imagesIn(home)).change(one, stranger, signal)
  expect((await verify({}, context())).drift).toMatchObject([
    { id: `openstack/properties/${home}`, have: expect.stringContaining('hw_firmware_type=bios') },
    { id: `openstack/protected/${home}`, want: 'protected', have: 'not protected' },
    { id: `openstack/readers/${home}`, want: `project ${reader}`, have: 'community' },
    { id: `openstack/readers/${other}`, want: `project ${reader}`, have: 'private' },
  ])
  expect((await publish({}, context())).changed).toHaveLength(4)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('protected images are unpublished too, and anew come by other ids', async () => {
  write({ protected: true })
  const { images } = await publish({}, context())
  const { removed } = await unpublish({ confirm: async () => true }, context('another-machine'))
  expect(removed).toEqual(images)
  for (const region of regions) expect(await (await imagesIn(region)).find({}, signal)).toEqual([])
  // Without records the same ids come up again, and Glance gives none of them twice.
  const anew = await publish({}, context('a-third-machine'))
  expect(anew.images).toHaveLength(2)
  expect(anew.images.map(({ image_id: id }) => id)).not.toContain(images[0]?.image_id)
})

test('a config that names a cloud and regions of its own is rehearsed as it is', async () => {
  write({ cloud: 'production', regions: ['eu-de-1', 'eu-nl-1'] })
  const { images } = await publish({}, context())
  expect(images.map(({ region }) => region)).toEqual(['eu-de-1', 'eu-nl-1'])
  expect(await storedDisk('eu-nl-1', images[1]?.image_id ?? '')).toBe(sha256(smallDisk()))
})

test.each([
  ['the reply to its creation', 'CreateImage', 'after'],
  ['the reply to its bytes', 'UploadImage', 'after'],
  ['the connection before its bytes', 'UploadImage', 'before'],
  ['the reply to what was written on it', 'UpdateImage', 'after'],
] as const)('an image is made once when %s is lost', async (_, operation, when) => {
  write({ regions: [home] })
  await here.reopen({ faults: [{ operation, when, code: 'Disconnect', left: 1 }] })
  const { images } = await publish({}, context())
  expect(await (await imagesIn(home)).find({}, signal)).toHaveLength(1)
  expect(await storedDisk(home, images[0]?.image_id ?? '')).toBe(sha256(smallDisk()))
})

test('two runners at once, each with records of its own, make everything once', async () => {
  write()
  const [one, two] = await Promise.all([publish({}, context('one')), publish({}, context('two'))])
  expect(one.images).toEqual(two.images)
  for (const region of regions) expect(await (await imagesIn(region)).find({}, signal)).toHaveLength(1)
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('a run that broke off behind the bytes is continued: they are read again and compared, not sent', async () => {
  write({ regions: [home] })
  await here.reopen({ faults: [{ operation: 'UpdateImage', when: 'before', code: 'Forbidden', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  const resumed = await publish({}, context('another-machine'))
  expect(resumed.images).toHaveLength(1)
  expect(resumed.sent_bytes).toBe(0)
  expect(changing().filter((operation) => operation === 'UploadImage')).toHaveLength(1)
})

test('an image that does not hold what was sent is removed, and another one made', async () => {
  write({ regions: [home] })
  await here.reopen({ faults: [{ operation: 'UpdateImage', when: 'before', code: 'Forbidden', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  const images = await imagesIn(home)
  const [half] = await images.find({}, signal)
  await images.change(half?.id ?? '', { properties: { 'sindri:sent': 'f'.repeat(128) } }, signal)
  const { images: made } = await publish({}, context())
  expect(made[0]?.image_id).not.toBe(half?.id)
  expect((await images.find({}, signal)).map(({ id }) => id)).toEqual([made[0]?.image_id])
})

test('what is made of a machine inherits the properties of its image, and is nobody’s of ours', async () => {
  write({ regions: [home] })
  const { images: made } = await publish({}, context())
  const images = await imagesIn(home)
  const { properties } = await images.get(made[0]?.image_id ?? '', signal)
  const id = '5c7ad9b2-93f2-4b31-9b3f-0d4b4e7d3a55'
  await images.create({ id, name: 'a snapshot', diskFormat: 'qcow2', minDiskGib: 1, tags: [], properties }, signal)
  expect(await verify({}, context('another-machine'))).toMatchObject({ images: made, drift: [] })
  await unpublish({ confirm: async () => true }, context())
  expect((await images.find({}, signal)).map((one) => one.name)).toEqual(['a snapshot'])
})

test('a best-effort region that is down fails nothing else, and is healed', async () => {
  write({ best_effort_regions: [other] })
  const fault = { operation: 'CreateImage', region: other, when: 'before', code: 'Forbidden', left: 1 }
  await here.reopen({ faults: [fault] })
  const first = await publish({}, context())
  expect(first.images.map(({ region }) => region)).toEqual([home])
  expect(first.failed).toMatchObject([{ id: `openstack/image/${other}` }])
  expect((await publish({}, context())).images.map(({ region }) => region)).toEqual([home, other])
})

test('by glance-direct what was staged is imported, also by the run after one that broke off', async () => {
  write({ regions: [home], import: 'glance-direct', disk_format: 'raw' })
  await here.reopen({ faults: [{ operation: 'ImportImage', when: 'before', code: 'Forbidden', left: 1 }] })
  await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
  const { images } = await publish({}, context('another-machine'))
  expect(await storedDisk(home, images[0]?.image_id ?? '')).toBe(sha256(smallDisk()))
  expect(changing().filter((operation) => operation === 'StageImage')).toHaveLength(1)
})

test('by web-download Glance fetches the disk, and what it fetched is compared', async () => {
  const bytes = smallDisk()
  const server = createServer((_, answer) => answer.end(bytes))
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/disk.raw`
  const sha512 = createHash('sha512').update(bytes).digest('hex')
  const web = { regions: [home], import: 'web-download', disk_format: 'raw', import_url: url }
  write({ ...web, import_sha512: 'f'.repeat(128) })
  await expect(publish({}, context())).rejects.toThrow('stored other bytes')
  expect(await (await imagesIn(home)).find({}, signal)).toEqual([])
  write({ ...web, import_sha512: sha512 })
  const { images, sent_bytes: sent } = await publish({}, context())
  expect(sent).toBe(0)
  expect(await storedDisk(home, images[0]?.image_id ?? '')).toBe(sha256(bytes))
})

test('for VMware the disk is written down as VMware wants it', async () => {
  write({ regions: [home], hypervisor: 'vmware' })
  const { images } = await publish({}, context())
  const id = images[0]?.image_id ?? ''
  expect(await (await imagesIn(home)).get(id, signal)).toMatchObject({
    diskFormat: 'vmdk',
    properties: { vmware_disktype: 'streamOptimized', vmware_adaptertype: 'lsiLogic', hypervisor_type: 'vmware' },
  })
  expect(await verify({}, context())).toMatchObject({ drift: [] })
})

test('what would be refused at the end is told before the first byte', async () => {
  write({ regions: [home, 'Atlantis'] })
  // A cloud that has no more regions than its catalogue.
  const environment = { ...here.rehearsal.environment, SINDRI_OPENSTACK_CLOUD: 'sindri-rehearsal-app' }
  await expect(publish({}, { ...context(), environment })).rejects.toThrow('Atlantis')
  write({ projects: [reader] }, { audience: 'public', allow_public: true })
  const { findings } = await planRelease({}, context())
  expect(findings.map(({ level, message }) => `${level} ${message}`)).toEqual([
    expect.stringContaining('warning openstack: a public image needs the rule publicize_image'),
    expect.stringContaining('warning openstack: a public image has no members'),
  ])
  expect(changing()).toEqual([])
})

test('the permissions are a role and the rules behind it', async () => {
  write()
  expect(await releasePermissions({}, context())).toMatchObject({
    policy: { openstack: { role: 'member', rules: expect.arrayContaining(['add_image', 'upload_image']) } },
  })
  write({}, { audience: 'public', allow_public: true })
  expect(await releasePermissions({}, context())).toMatchObject({
    policy: { openstack: { role: 'admin', rules: expect.arrayContaining(['publicize_image']) } },
  })
})
