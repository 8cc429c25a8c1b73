import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BuildResult } from '../../src/actions/build/build.ts'
import type { CopyResult } from '../../src/actions/copy.ts'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import type { Status } from '../../src/rehearsal/index.ts'
import { bootToLogin } from '../../src/rehearsal/instances/index.ts'
import { rootPartition } from '../../src/rehearsal/instances/partition.ts'
import { missingPart, openSindri, type Sindri, ssh } from './sindri.ts'

const run = promisify(execFile)
const [region, other] = ['us-west-2', 'eu-west-1'] as const
const missing = await missingPart()
const emulator = await run('qemu-system-x86_64', ['--version']).then(
  () => true,
  () => false,
)

let sindri: Sindri

function configure(aws: object = {}, packer: object = {}): Promise<void> {
  return sindri.configure({ cloud: 'aws', aws: { encrypt_boot: false, ...aws }, ...packer })
}

/** What debugfs answers about the disk of an image. */
async function debugfs(imageId: string, request: string): Promise<string> {
  const disk = await diskOf(imageId)
  const fileSystem = `${disk}?offset=${(await rootPartition(disk)).offset}`
  return (await run('debugfs', ['-R', request, fileSystem])).stdout
}

/** The raw disk behind an image. */
async function diskOf(imageId: string): Promise<string> {
  const records = JSON.parse(await readFile(join(sindri.home, 'rehearsal/aws/records.json'), 'utf8'))
  const { images, snapshots } = records[region]
  const file: unknown = snapshots[images[imageId].mappings[0].snapshotId].file
  return join(sindri.home, 'rehearsal/aws/disks', String(file))
}

describe.skipIf(missing !== undefined)(`the main job, rehearsed${missing === undefined ? '' : ` (${missing})`}`, () => {
  let first: BuildResult
  let larger: BuildResult
  let deployments: readonly [Deployment, Deployment]

  beforeAll(async () => {
    sindri = await openSindri()
    await configure()
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('a build makes an image, and leaves nothing else', async () => {
    first = await sindri.build()
    expect(first).toMatchObject({ cached: false, rehearsed: true, base: 'debian-12', failed: [] })
    const held = (await sindri.json<Status>('rehearsal', 'status')).resources.aws?.[region]
    expect(held?.images).toMatchObject([{ id: first.image_id, name: first.name, state: 'available', permissions: [] }])
    expect(held).toMatchObject({ instances: [], volumes: [], keyPairs: [], securityGroups: [] })
    expect(held?.snapshots).toHaveLength(1)
  })

  test('the same build again finds it and launches nothing', async () => {
    const before = await sindri.requested('RunInstances')
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, cached: true, changed: [] })
    expect(await sindri.requested('RunInstances')).toBe(before)
  })

  test('a Packer variable file and a playbook change the disk and make an image of its own', async () => {
    await writeFile(join(sindri.folder, 'larger.pkrvars.hcl'), 'volume_size = 33\n')
    const tasks = [{ copy: { content: 'by Ansible', dest: '/etc/marked' } }]
    await writeFile(join(sindri.folder, 'playbook.yml'), JSON.stringify([{ hosts: 'all', become: true, tasks }]))
    await configure({}, { build: { ansible_playbook: './playbook.yml' } })
    larger = await sindri.build('--var-file', 'larger.pkrvars.hcl')
    await configure()
    expect(await debugfs(larger.image_id, 'cat /etc/marked')).toBe('by Ansible')
    expect(larger.cached).toBe(false)
    expect(larger.image_id).not.toBe(first.image_id)
    const devices = { BlockDeviceMappings: [{ Ebs: { VolumeSize: 33 } }] }
    const { requests } = await sindri.status()
    const launched = requests.findLast(({ operation }) => operation === 'RunInstances')
    expect(launched?.parameters).toMatchObject(devices)
  })

  test('new readers are given the image that exists, and taken from it again', async () => {
    const before = await sindri.requested('RunInstances')
    await configure({ ami_users: ['111122223333'] })
    const shared = await sindri.build()
    expect(shared).toMatchObject({ image_id: first.image_id, cached: true, changed: [`readers/${region}`] })
    expect(shared.readers).toEqual({ [region]: 'user 111122223333' })
    const permissions = async () =>
      (await sindri.status()).resources.aws?.[region]?.images.find(({ id }) => id === first.image_id)?.permissions
    expect(JSON.stringify(await permissions())).toContain('111122223333')
    await configure()
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, readers: { [region]: 'private' } })
    expect(await permissions()).toEqual([])
    expect(await sindri.requested('RunInstances')).toBe(before)
  })

  test('the disk of the image has no host keys and no machine id', async () => {
    const files = await debugfs(first.image_id, 'ls -p /etc/ssh')
    expect(files).toContain('/sshd_config/')
    expect(files).not.toContain('ssh_host_')
    expect(await debugfs(first.image_id, 'stat /etc/machine-id')).toContain('Size: 0')
  })

  test('two instances of it answer to their own keys only, and have host keys of their own', async () => {
    deployments = [
      await sindri.json('vm', 'deploy', first.image_id, '--rehearse'),
      await sindri.json('vm', 'deploy', first.image_id, '--rehearse'),
    ]
    const [one, other] = deployments
    for (const each of deployments) {
      await expect.poll(() => ssh(each, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
      expect(await ssh(each, 'sindri --version')).toBe(first.sindri_version)
      expect(await ssh(each, 'sindri extension validate')).toMatch(/^git +\S+ +works$/m)
    }
    const stranger = { ssh: other.ssh.replace(other.private_key_file ?? '', one.private_key_file ?? '') }
    await expect(ssh(stranger, 'true')).rejects.toThrow('Permission denied')
    const [hostKey, otherHostKey] = await Promise.all(
      deployments.map(async ({ public_ip: address }) =>
        (await run('ssh-keyscan', ['-t', 'ed25519', address ?? ''])).stdout.split(' ').at(-1),
      ),
    )
    expect(hostKey).toMatch(/^AAAA/)
    expect(otherHostKey).toMatch(/^AAAA/)
    expect(hostKey).not.toBe(otherHostKey)
    expect(await ssh(one, 'cat /etc/machine-id')).not.toBe(await ssh(other, 'cat /etc/machine-id'))
  })

  test('terminating removes all that was deployed', async () => {
    const [one, other] = deployments
    await sindri.json('vm', 'terminate', one.instance_id, '--force', '--rehearse')
    await sindri.json('vm', 'terminate', other.deployment, '--force', '--rehearse')
    const held = (await sindri.status()).resources.aws?.[region]
    expect(held).toMatchObject({ instances: [], volumes: [], keyPairs: [], securityGroups: [] })
  })

  test.skipIf(!emulator && process.env.CI !== 'true')('the image boots to a login in QEMU', async () => {
    const folder = join(sindri.folder, 'boot')
    const printed = await bootToLogin(await diskOf(first.image_id), { folder, timeoutMs: 400_000 })
    expect(printed).toMatch(/Debian GNU\/Linux 12 \S+ ttyS0/)
  })

  test('what was built is copied, published within its cloud, and taken back', async () => {
    const words = ['--cloud', 'aws', '--image-id', first.image_id, '--to', other, '--rehearse']
    const copied: CopyResult = await sindri.json('vm', 'copy', ...words)
    expect(copied).toMatchObject({ image_id: first.image_id, region, copied: [other] })
    expect(await sindri.json('vm', 'copy', ...words)).toMatchObject({ regions: copied.regions, copied: [] })

    const release = { version: '1.4.2', targets: { aws: { regions: [region, other], accounts: ['111122223333'] } } }
    const packer = { cloud: 'aws', aws: { encrypt_boot: false } }
    const config = { version: '1.0', name: 'golden', providers: { packer }, release }
    await writeFile(join(sindri.folder, 'sindri.yaml'), JSON.stringify(config))
    const published: PublishResult = await sindri.json('vm', 'publish', '--rehearse')
    expect(published.release).toMatch(/^golden-1\.4\.2-\d{8}-debian12$/)
    expect(published.images).toMatchObject(
      [region, other].map((where) => ({
        region: where,
        readers: 'user 111122223333',
        digest: `image:${first.image_id}`,
      })),
    )
    expect(await sindri.json('vm', 'publish', '--rehearse')).toMatchObject({ images: published.images, changed: [] })
    expect(await sindri.json('vm', 'verify', '--rehearse')).toMatchObject({ drift: [] })
    // The release's image is none of the config's.
    expect(await sindri.build()).toMatchObject({ image_id: first.image_id, cached: true })
    await sindri.json('vm', 'unpublish', '--force', '--rehearse')
    const { aws } = (await sindri.status()).resources
    expect(aws?.[region]?.images.map(({ id }) => id).sort()).toEqual([first.image_id, larger.image_id].sort())
    expect(aws?.[other]?.images).toMatchObject([{ id: copied.regions[other] }])
  })

  test('deleting the images leaves nothing at all', async () => {
    for (const { image_id } of [first, larger]) {
      await sindri.json('vm', 'delete', image_id, '--force', '--all-regions', '--rehearse')
    }
    expect(Object.values((await sindri.status()).resources).flatMap(Object.keys)).toEqual([])
  })
})
