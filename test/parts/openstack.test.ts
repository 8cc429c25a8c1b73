import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectOpenStack } from '../../src/clouds/openstack/api.ts'
import { findCloud } from '../../src/clouds/openstack/clouds-file.ts'
import { imageId } from '../../src/clouds/openstack/image-id.ts'
import type { OpenStackCloud } from '../../src/clouds/openstack/login.ts'
import type { ImageService, NewImage, OpenStackApi } from '../../src/clouds/openstack/port.ts'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { exitCodeOf } from '../../src/core/error.ts'
import { type LossyRelay, openLossyRelay } from './lossy-relay.ts'
import { type RunningOpenStack, startOpenStack, withoutOpenStack } from './openstack.ts'

const run = promisify(execFile)
const signal = AbortSignal.timeout(1_200_000)
/** Waits as long as Glance takes, not longer. */
const clock: Clock = { now: systemClock.now, sleep: (ms, until) => systemClock.sleep(Math.min(ms, 50), until) }
const properties = { hw_firmware_type: 'uefi', hw_disk_bus: 'scsi', os_distro: 'debian', os_version: '12' }

const raw = randomBytes(3 * 1024 * 1024 + 512)
let folder: string
let openstack: RunningOpenStack
let server: Server
let source: string
let relay: LossyRelay
let tokens = 0

async function cloudOf(cloud: string): Promise<OpenStackCloud> {
  return findCloud({ environment: { HOME: folder, OS_CLIENT_CONFIG_FILE: openstack.cloudsFile }, folder, cloud })
}

async function connect(cloud: string, more: Partial<OpenStackCloud> = {}): Promise<OpenStackApi> {
  return connectOpenStack({ ...(await cloudOf(cloud)), ...more }, {}, clock)
}

function wanted(more: Partial<NewImage> = {}): NewImage {
  const id = imageId(`token ${folder} ${++tokens}`)
  const tags = ['sindri:release=golden-1', `number ${tokens}`]
  return { id, name: `golden-${tokens}`, diskFormat: 'raw', minDiskGib: 1, tags, properties, ...more }
}

function body(bytes: Buffer, length: number | undefined = bytes.length) {
  async function* parts(): AsyncGenerator<Buffer> {
    // One piece of memory for all parts, as whoever reads a disk has.
    const part = Buffer.alloc(1024 * 1024)
    for (let at = 0; at < bytes.length; at += part.length) yield part.subarray(0, bytes.copy(part, 0, at))
  }
  return { bytes: parts(), length }
}

async function made(images: ImageService, more: Partial<NewImage> = {}): Promise<string> {
  const { id } = await images.create(wanted(more), signal)
  await images.upload(id, body(raw), signal)
  return id
}

/** OpenStack's own client. */
async function client(cloud: string, region: string, ...words: readonly string[]): Promise<string> {
  const env = {
    PATH: '/usr/bin:/bin',
    OS_CLIENT_CONFIG_FILE: openstack.cloudsFile,
    OS_CLOUD: cloud,
    OS_REGION_NAME: region,
  }
  return (await run('/usr/bin/openstack', words, { env })).stdout
}

const sha512 = (bytes: Buffer): string => createHash('sha512').update(bytes).digest('hex')

describe.skipIf(withoutOpenStack)(
  'our client against Keystone and Glance (Debian: keystone, glance-api, python3-openstackclient)',
  () => {
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sindri-'))
      openstack = await startOpenStack()
      server = createServer((request, answer) => {
        if (request.url === '/disk.raw') answer.end(raw)
        else answer.writeHead(404).end()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      source = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
      relay = await openLossyRelay(
        (await client('one', 'RegionOne', 'catalog', 'show', 'image', '-f', 'json').then(publicUrl)) ?? '',
      )
    })
    afterAll(async () => {
      await relay?.close()
      server?.close()
      await openstack?.close()
      await rm(folder, { recursive: true })
    })

    function publicUrl(catalogue: string): string | undefined {
      const { endpoints }: { endpoints: { interface: string; region: string; url: string }[] } = JSON.parse(catalogue)
      return endpoints.find((one) => one.interface === 'public' && one.region === 'RegionOne')?.url
    }

    test('who we are, and where images can be', async () => {
      const api = await connect('one')
      expect(await api.identity(signal)).toMatchObject({ user: 'one', project: 'one' })
      expect(await api.regions(signal)).toEqual(['RegionOne', 'RegionTwo'])
      const unnamed = await connect('one', { regions: [] })
      expect([...(await unnamed.regions(signal))].sort()).toEqual(['RegionOne', 'RegionTwo'])
      await expect(api.images('RegionTen').importMethods(signal)).rejects.toMatchObject({
        code: 'config',
        hint: expect.stringContaining('RegionTwo'),
      })
    })

    test('an image in both regions is what OpenStack itself says it is, and is gone after it is deleted', async () => {
      const qcow2 = join(folder, 'disk.qcow2')
      await writeFile(join(folder, 'disk.raw'), raw)
      await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', join(folder, 'disk.raw'), qcow2])
      const bytes = await readFile(qcow2)
      const api = await connect('one')
      for (const region of ['RegionOne', 'RegionTwo'] as const) {
        const images = api.images(region)
        const image = wanted({ diskFormat: 'qcow2', name: `golden in ${region}: "a, b"` })
        await images.create(image, signal)
        // Known how many bytes in one region, unknown in the other.
        const sent = await images.upload(
          image.id,
          body(bytes, region === 'RegionOne' ? bytes.length : undefined),
          signal,
        )
        expect(sent).toEqual({ bytes: bytes.length, sha512: sha512(bytes) })
        const [found, ...others] = await images.find({ name: image.name, tags: image.tags, properties }, signal)
        expect(others).toEqual([])
        expect(found).toMatchObject({
          id: image.id,
          status: 'active',
          visibility: 'private',
          minDiskGib: 1,
          sizeBytes: bytes.length,
        })

        const shown = JSON.parse(await client('one', region, 'image', 'show', image.id, '-f', 'json'))
        expect(shown).toMatchObject({ name: image.name, status: 'active', disk_format: 'qcow2', min_disk: 1 })
        expect(shown.properties).toMatchObject({ ...properties, os_hash_algo: 'sha512', os_hash_value: sha512(bytes) })
        expect([...shown.tags].sort()).toEqual([...image.tags].sort())
        const file = join(folder, region)
        await client('one', region, 'image', 'save', '--file', file, image.id)
        expect((await readFile(file)).equals(bytes)).toBe(true)

        expect(await openstack.stored(region)).toContain(image.id)
        await images.delete(image.id, signal)
        await expect(images.get(image.id, signal)).rejects.toMatchObject({ code: 'not-found' })
        expect(await openstack.stored(region)).toEqual([])
        await expect(images.create(image, signal)).rejects.toMatchObject({
          code: 'conflict',
          hint: expect.stringContaining('only once'),
        })
      }
    })

    test('an application credential does the same, and its file says its region', async () => {
      const api = await connect('app')
      expect(await api.regions(signal)).toEqual(['RegionTwo'])
      const images = api.images('RegionTwo')
      const id = await made(images)
      expect((await images.get(id, signal)).hash).toEqual({ algorithm: 'sha512', value: sha512(raw) })
      await images.delete(id, signal)
    })

    test('a password that is not accepted is told with where it comes from', async () => {
      const right = await cloudOf('one')
      const api = await connect('one', { login: { ...right.login, password: 'not-it' } as OpenStackCloud['login'] })
      const error: unknown = await api.identity(signal).catch((problem: unknown) => problem)
      expect(error).toMatchObject({ code: 'credentials' })
      expect(exitCodeOf(error)).toBe(3)
      expect(String(error)).toContain(`cloud "one" of ${openstack.cloudsFile}`)
      expect(JSON.stringify(error)).not.toContain('not-it')
    })

    test('a token that is not accepted any more is renewed', async () => {
      const { identityUrl } = await cloudOf('one')
      const images = (await connect('one', { imageUrl: relay.url })).images('RegionOne')
      await images.find({}, signal)
      const token = relay.last('x-auth-token') ?? ''
      const headers = { 'x-auth-token': token, 'x-subject-token': token }
      expect((await fetch(`${identityUrl}/auth/tokens`, { method: 'DELETE', headers })).status).toBe(204)
      const id = await made(images)
      expect(relay.last('x-auth-token')).not.toBe(token)
      await images.delete(id, signal)
    })

    test('when replies are lost, what was done counts', async () => {
      const images = (await connect('one', { imageUrl: relay.url })).images('RegionOne')
      const image = wanted()
      relay.loseReplyTo(/^POST \/v2\/images /)
      expect((await images.create(image, signal)).status).toBe('queued')
      relay.loseReplyTo(/^PUT .*\/file /)
      expect(await images.upload(image.id, body(raw), signal)).toEqual({ bytes: raw.length, sha512: sha512(raw) })
      relay.loseReplyTo(/^PATCH /)
      const changed = await images.change(
        image.id,
        { visibility: 'shared', properties: { os_version: undefined, more: 'a/b~c' } },
        signal,
      )
      expect(changed.properties).toEqual({ ...properties, os_version: undefined, more: 'a/b~c' })
      relay.loseReplyTo(/^POST .*\/members /)
      const two = await (await connect('two')).identity(signal)
      await images.addMember(image.id, two.projectId, signal)
      expect(await images.members(image.id, signal)).toEqual([{ project: two.projectId, status: 'pending' }])
      // The whole list, to see that nothing was made twice.
      expect((await images.find({}, signal)).map(({ id }) => id)).toEqual([image.id])

      await expect(
        images.create({ ...image, properties: { ...properties, os_distro: 'other' } }, signal),
      ).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('os_distro, os_version differ'),
      })
      await images.delete(image.id, signal)
      expect(await openstack.stored('RegionOne')).toEqual([])
    })

    test('bytes that stop half way are no image, and may be sent again', async () => {
      const images = (await connect('one')).images('RegionOne')
      const { id } = await images.create(wanted(), signal)
      async function* half(): AsyncGenerator<Buffer> {
        yield raw.subarray(0, 1024 * 1024)
        throw new Error('the disk cannot be read')
      }
      for (const length of [raw.length, undefined]) {
        await expect(images.upload(id, { bytes: half(), length }, signal)).rejects.toThrow('the disk cannot be read')
        expect(await images.settled(id, signal)).toMatchObject({ status: 'queued', sizeBytes: undefined })
      }
      for (const length of [raw.length - 1, raw.length + 1]) {
        await expect(images.upload(id, body(raw, length), signal)).rejects.toMatchObject({
          code: 'failed',
          message: expect.stringContaining(`${length} bytes were announced`),
        })
        await images.settled(id, signal)
      }
      await images.upload(id, body(raw), signal)
      await expect(images.upload(id, body(raw), signal)).rejects.toMatchObject({ code: 'conflict' })
      await images.delete(id, signal)
    })

    test('Glance fetches a disk by itself, and tells why when it cannot', async () => {
      const images = (await connect('one')).images('RegionTwo')
      expect(await images.importMethods(signal)).toEqual(new Set(['glance-direct', 'web-download']))
      const { id } = await images.create(wanted(), signal)
      await images.beginImport(id, { url: `${source}/none.raw` }, signal)
      await expect(images.active(id, signal)).rejects.toMatchObject({
        code: 'failed',
        message: expect.stringContaining('Task failed'),
        hint: expect.stringContaining('reach the address'),
      })
      await images.beginImport(id, { url: `${source}/disk.raw` }, signal)
      await images.beginImport(id, { url: `${source}/disk.raw` }, signal)
      expect((await images.active(id, signal)).hash?.value).toBe(sha512(raw))
      await images.delete(id, signal)
    })

    test('a disk that was staged is imported', async () => {
      const images = (await connect('one')).images('RegionTwo')
      const { id } = await images.create(wanted(), signal)
      expect(await images.stage(id, body(raw), signal)).toEqual({ bytes: raw.length, sha512: sha512(raw) })
      expect((await images.settled(id, signal)).status).toBe('uploading')
      await images.beginImport(id, 'staged', signal)
      expect((await images.active(id, signal)).hash?.value).toBe(sha512(raw))
      await images.delete(id, signal)
    })

    test('an image is shared with a project, and no longer', async () => {
      const images = (await connect('one')).images('RegionOne')
      const other = await connect('two')
      const { projectId } = await other.identity(signal)
      const id = await made(images)
      await expect(other.images('RegionOne').get(id, signal)).rejects.toMatchObject({ code: 'not-found' })
      await expect(images.addMember(id, projectId, signal)).rejects.toMatchObject({
        code: 'conflict',
        hint: expect.stringContaining('shared'),
      })
      await images.change(id, { visibility: 'shared' }, signal)
      await images.addMember(id, projectId, signal)
      await images.addMember(id, projectId, signal)
      await client('two', 'RegionOne', 'image', 'set', '--accept', id)
      expect(await images.members(id, signal)).toEqual([{ project: projectId, status: 'accepted' }])
      expect((await other.images('RegionOne').get(id, signal)).visibility).toBe('shared')
      // It is not the other project's own.
      expect(await other.images('RegionOne').find({}, signal)).toEqual([])
      await expect(other.images('RegionOne').delete(id, signal)).rejects.toMatchObject({ code: 'denied' })
      await images.removeMember(id, projectId, signal)
      await expect(other.images('RegionOne').get(id, signal)).rejects.toMatchObject({ code: 'not-found' })
      await expect(images.removeMember(id, projectId, signal)).rejects.toMatchObject({ code: 'not-found' })
      await images.delete(id, signal)
    })

    test('an image for everybody: community by anyone, public by an administrator only', async () => {
      const images = (await connect('one')).images('RegionOne')
      const id = await made(images)
      await expect(images.change(id, { visibility: 'public' }, signal)).rejects.toMatchObject({
        code: 'denied',
        hint: expect.stringContaining('community'),
      })
      await images.change(id, { visibility: 'community' }, signal)
      expect((await images.find({}, signal)).map((image) => image.visibility)).toEqual(['community'])
      expect((await (await connect('two')).images('RegionOne').get(id, signal)).id).toBe(id)
      await images.delete(id, signal)

      const administrators = (await connect('admin')).images('RegionOne')
      const open = await made(administrators)
      await administrators.change(open, { visibility: 'public' }, signal)
      expect(JSON.parse(await client('two', 'RegionOne', 'image', 'list', '--public', '-f', 'json'))).toMatchObject([
        { ID: open },
      ])
      await administrators.delete(open, signal)
    })

    test('a protected or hidden image is found and kept', async () => {
      const images = (await connect('one')).images('RegionOne')
      const id = await made(images)
      await images.change(id, { protected: true, hidden: true, tags: ['old'], name: 'former' }, signal)
      expect(await images.find({ tags: ['old'] }, signal)).toMatchObject([
        { id, name: 'former', protected: true, hidden: true },
      ])
      await expect(images.delete(id, signal)).rejects.toMatchObject({
        code: 'conflict',
        hint: expect.stringContaining('protection'),
      })
      await images.change(id, { protected: false }, signal)
      await images.delete(id, signal)
    })

    test('more images than fit on a page are all found', async () => {
      const images = (await connect('one')).images('RegionTwo')
      const ids: string[] = []
      for (let round = 0; round < 21; round++) {
        const five = Array.from({ length: 5 }, () => wanted({ tags: ['many'] }))
        await Promise.all(five.map((image) => images.create(image, signal)))
        ids.push(...five.map(({ id }) => id))
      }
      expect((await images.find({ tags: ['many'] }, signal)).map(({ id }) => id).sort()).toEqual(ids.sort())
      for (let at = 0; at < ids.length; at += 5)
        await Promise.all(ids.slice(at, at + 5).map((id) => images.delete(id, signal)))
    })

    test('waiting ends when its time is over, and says how far it was', async () => {
      const over = new AbortController()
      const cloud = await cloudOf('one')
      const sleep = async (): Promise<void> => {
        over.abort(new DOMException('time is over', 'TimeoutError'))
        over.signal.throwIfAborted()
      }
      const images = connectOpenStack(cloud, {}, { now: Date.now, sleep }).images('RegionOne')
      const { id } = await images.create(wanted(), signal)
      await expect(images.active(id, over.signal)).rejects.toMatchObject({
        code: 'timeout',
        message: expect.stringContaining('queued'),
      })
      await images.delete(id, signal)
    })
  },
)
