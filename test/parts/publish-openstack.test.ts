import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { PlanResult } from '../../src/actions/publish/plan.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import type { VerifyResult } from '../../src/actions/publish/verify.ts'
import { type InProcess, openInProcess } from '../../src/rehearsal/in-process.ts'
import { type RunningOpenStack, startOpenStack, withoutOpenStack } from './openstack.ts'
import { openSindri, type Sindri } from './sindri.ts'

const run = promisify(execFile)
const regions = ['RegionOne', 'RegionTwo'] as const
const mebibyte = 1024 * 1024

async function client(environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<string> {
  return (await run('/usr/bin/openstack', words, { env: { PATH: '/usr/bin:/bin', ...environment } })).stdout.trim()
}

/** 160 MiB, a quarter of it holes, with a sector at the end that is no whole block. */
async function writeDisk(file: string): Promise<void> {
  const disk = await open(file, 'w')
  const part = randomBytes(4 * mebibyte)
  // The mark of a boot sector, by which a disk is known for one.
  part.writeUInt16BE(0x55aa, 510)
  for (let at = 0; at < 120; at += 4) {
    part.writeUInt32LE(at, 1024)
    await disk.write(part, 0, part.length, at * mebibyte)
  }
  await disk.truncate(160 * mebibyte + 512)
  await disk.close()
}

describe.skipIf(withoutOpenStack)(
  'a finished disk in two regions of Keystone and Glance (Debian: keystone, glance-api, python3-openstackclient)',
  () => {
    let openstack: RunningOpenStack
    let sindri: Sindri
    let reader: string
    let disk: string

    const as = (cloud: string, region: string = regions[0]): Record<string, string> => ({
      ...{ OS_CLIENT_CONFIG_FILE: openstack.cloudsFile, OS_CLOUD: cloud, OS_REGION_NAME: region },
    })

    beforeAll(async () => {
      openstack = await startOpenStack()
      sindri = await openSindri({ OS_CLIENT_CONFIG_FILE: openstack.cloudsFile })
      reader = await client(as('admin'), 'project', 'show', 'two', '-f', 'value', '-c', 'id')
      disk = join(sindri.folder, 'disk.raw')
      await writeDisk(disk)
    })
    afterAll(async () => {
      expect(await sindri?.close()).toEqual([])
      await openstack?.close()
    })

    function configure(version: string, more: object = {}): void {
      const target = { cloud: 'one', projects: [reader], ...more }
      const known = { os: 'debian12', disk: 'disk.raw', architecture: 'x86_64', firmware: 'uefi' }
      const config = { name: 'golden', release: { version, ...known, targets: { openstack: target } } }
      writeFileSync(join(sindri.folder, 'sindri.yaml'), JSON.stringify(config))
    }

    /** Publishes, ends it by force when Glance has begun to store something, and publishes again. */
    async function publishTwice(begun: () => Promise<boolean>): Promise<PublishResult> {
      const { pid, ended } = sindri.start('vm', 'publish')
      await expect.poll(begun, { timeout: 60_000, interval: 20 }).toBe(true)
      process.kill(pid, 'SIGKILL')
      await ended
      const { steps }: PlanResult = await sindri.json('vm', 'plan')
      expect(steps.map(({ state }) => state)).toContain('to do')
      return sindri.json('vm', 'publish')
    }

    async function imagesIn(region: string): Promise<readonly { ID: string; Status: string }[]> {
      return JSON.parse(await client(as('one', region), 'image', 'list', '-f', 'json'))
    }

    /** Whether the file that a region keeps of an image is the disk. */
    function isTheDisk(file: string, format: string): void {
      execFileSync('qemu-img', ['compare', '-f', format, '-F', 'raw', file, disk])
    }

    test('a publish that is killed in the middle is continued, and makes everything once', async () => {
      configure('1.4.2', { protected: true, properties: { hw_scsi_model: 'virtio-scsi' } })
      const plan: PlanResult = await sindri.json('vm', 'plan')
      expect(plan).toMatchObject({ findings: [], steps: [{ state: 'to do' }, { state: 'to do' }] })
      const stored = async (): Promise<boolean> => (await openstack.stored('RegionOne')).length > 0
      const published = await publishTwice(stored)
      expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual(
        regions.map((region) => `${region} project ${reader}`),
      )
      for (const [index, region] of regions.entries()) {
        const id = published.images[index]?.image_id ?? ''
        expect(await imagesIn(region)).toMatchObject([{ ID: id, Status: 'active' }])
        expect(await openstack.stored(region)).toEqual([id])
        isTheDisk(join(openstack.cloudsFile, '..', region === 'RegionOne' ? 'store1' : 'store2', id), 'qcow2')
      }
      expect(await sindri.json<VerifyResult>('vm', 'verify')).toMatchObject({ drift: [], images: published.images })
      expect(await sindri.json('vm', 'publish')).toMatchObject({ changed: [], sent_bytes: 0 })
    })

    test('what machines are told of the image is there, and a member may use it', async () => {
      const { images }: VerifyResult = await sindri.json('vm', 'verify')
      const id = images[1]?.image_id ?? ''
      const shown = JSON.parse(await client(as('one', 'RegionTwo'), 'image', 'show', id, '-f', 'json'))
      expect(shown).toMatchObject({ min_disk: 1, disk_format: 'qcow2', visibility: 'shared', protected: true })
      expect(shown.properties).toMatchObject({
        ...{ architecture: 'x86_64', hw_firmware_type: 'uefi', hw_scsi_model: 'virtio-scsi' },
        ...{ os_type: 'linux', os_distro: 'debian', os_version: '12' },
      })
      await client(as('two', 'RegionTwo'), 'image', 'set', '--accept', id)
      expect(await client(as('two', 'RegionTwo'), 'image', 'list', '--shared', '-f', 'value', '-c', 'ID')).toBe(id)
    })

    test('a member that OpenStack’s own command line takes away is missed, by exit code 5', async () => {
      const { images }: VerifyResult = await sindri.json('vm', 'verify')
      // As admin: who is a mere member of a project may not look up others.
      await client(as('admin'), 'image', 'remove', 'project', images[0]?.image_id ?? '', reader)
      const { code, stdout } = await sindri.run('vm', 'verify')
      expect(code).toBe(5)
      expect(stdout).toContain(`readers of the image in RegionOne: is private, should be project ${reader}`)
      expect(await sindri.json('vm', 'publish')).toMatchObject({ changed: ['openstack/readers/RegionOne'] })
    })

    test('unpublishing leaves nothing, and the same version comes again under other ids', async () => {
      const { images }: VerifyResult = await sindri.json('vm', 'verify')
      await sindri.json('vm', 'unpublish', '--force')
      for (const region of regions) expect(await openstack.stored(region)).toEqual([])
      await rm(sindri.home, { recursive: true })
      const anew: PublishResult = await sindri.json('vm', 'publish')
      expect(anew.images.map(({ image_id: id }) => id)).not.toContain(images[0]?.image_id)
      for (const region of regions) expect(await openstack.stored(region)).toHaveLength(1)
      await sindri.json('vm', 'unpublish', '--force')
    })

    test('by glance-direct, killed while it is staged: imported once, and it is the disk', async () => {
      configure('2.0.0', { regions: ['RegionOne'], import: 'glance-direct', disk_format: 'raw' })
      const staging = join(openstack.cloudsFile, '..', 'staging1')
      const published = await publishTwice(async () => (await readdir(staging)).length > 0)
      const id = published.images[0]?.image_id ?? ''
      expect(await imagesIn('RegionOne')).toMatchObject([{ ID: id, Status: 'active' }])
      isTheDisk(join(openstack.cloudsFile, '..', 'store1', id), 'raw')
      await sindri.json('vm', 'unpublish', '--force')
      expect(await openstack.stored('RegionOne')).toEqual([])
    })
  },
)

describe.skipIf(withoutOpenStack)('OpenStack’s own command line (python3-openstackclient) at the stand-in', () => {
  let folder: string
  let rehearsal: InProcess

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sindri-rehearsal-'))
    rehearsal = await openInProcess({ home: join(folder, 'home'), cache: join(folder, 'cache') })
  })
  afterAll(async () => {
    await rehearsal?.close()
    await rm(folder, { recursive: true })
  })

  test('makes, finds, shares, saves and removes an image', async () => {
    const as = (cloud: string, ...words: readonly string[]) =>
      client({ ...rehearsal.rehearsal.environment, OS_CLOUD: cloud, OS_REGION_NAME: 'RegionTwo' }, ...words)
    const mine = 'sindri-rehearsal'
    const bytes = randomBytes(3 * mebibyte)
    writeFileSync(join(folder, 'disk.raw'), bytes)
    onTestFinished(() => rm(join(folder, 'disk.raw')))
    const made = ['image', 'create', 'golden', '--file', join(folder, 'disk.raw'), '--disk-format', 'raw', '--shared']
    const id = await as(mine, ...made, '--property', 'hw_firmware_type=uefi', '-f', 'value', '-c', 'id')
    expect(JSON.parse(await as(`${mine}-app`, 'image', 'show', 'golden', '-f', 'json'))).toMatchObject({
      ...{ id, status: 'active', size: bytes.length, visibility: 'shared' },
      properties: { hw_firmware_type: 'uefi', os_hash_algo: 'sha512' },
    })
    const project = JSON.parse(await as(`${mine}-other`, 'token', 'issue', '-f', 'json')).project_id
    await as(mine, 'image', 'add', 'project', id, project)
    await as(`${mine}-other`, 'image', 'set', '--accept', id)
    expect(await as(`${mine}-other`, 'image', 'list', '-f', 'value', '-c', 'ID')).toBe(id)
    await as(`${mine}-other`, 'image', 'save', id, '--file', join(folder, 'saved.raw'))
    expect(readFileSync(join(folder, 'saved.raw')).equals(bytes)).toBe(true)
    await expect(as(mine, 'image', 'set', id, '--public')).rejects.toThrow('publicize_image')
    await as(mine, 'image', 'delete', id)
  })
})
