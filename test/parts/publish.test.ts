import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { PlanResult } from '../../src/actions/publish/plan.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import type { VerifyResult } from '../../src/actions/publish/verify.ts'
import { makeBase } from '../../src/rehearsal/instances/index.ts'
import { missingPart, openSindri, type Sindri, ssh } from './sindri.ts'

const missing = await missingPart()
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sindri')
const [home, other] = ['us-west-2', 'eu-west-1'] as const
const reader = '210987654321'

describe.skipIf(missing !== undefined)(`a finished Debian, published (${missing ?? 'rehearsed'})`, () => {
  let sindri: Sindri
  let published: PublishResult

  beforeAll(async () => {
    sindri = await openSindri()
    const { disk } = await makeBase('debian-12', { cache })
    // A disk of our own, with its holes.
    execFileSync('cp', ['--sparse=always', disk, join(sindri.folder, 'debian.raw')])
    execFileSync('chmod', ['u+w', join(sindri.folder, 'debian.raw')])
    await configure([home, other])
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  async function configure(regions: readonly string[]): Promise<void> {
    const aws = { regions, accounts: [reader], ssm_parameter: '/images/golden' }
    const release = { version: '1.4.2', disk: 'debian.raw', targets: { aws } }
    await writeFile(join(sindri.folder, 'sindri.yaml'), JSON.stringify({ name: 'golden', release }))
  }

  test('the disk tells what it is, and a plan changes nothing', async () => {
    const plan: PlanResult = await sindri.json('vm', 'plan', '--rehearse')
    expect(plan).toMatchObject({ architecture: 'x86_64', firmware: 'both', findings: [] })
    expect(plan.release).toMatch(/^golden-1\.4\.2-\d{8}-debian12$/)
    expect(plan.data_bytes).toBeLessThan((plan.disk_bytes ?? 0) / 2)
    expect(plan.steps.map(({ state }) => state)).toEqual(['to do', 'to do', 'to do'])
    expect((await sindri.status()).requests.filter(({ operation }) => !/^(Describe|Get|List)/.test(operation))).toEqual(
      [],
    )
  })

  test('a publish that is killed in the middle is continued, and makes everything once', async () => {
    const { pid, ended } = sindri.start('vm', 'publish', '--rehearse')
    const started = async () => (await sindri.requested('StartSnapshot')) > 0
    await expect.poll(started, { timeout: 120_000, interval: 50 }).toBe(true)
    process.kill(pid, 'SIGKILL')
    await ended
    published = await sindri.json('vm', 'publish', '--rehearse')
    expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} user ${reader}`,
      `${other} user ${reader}`,
    ])
    const { aws = {} } = (await sindri.status()).resources
    for (const region of [home, other]) {
      expect(aws[region]?.images).toHaveLength(1)
      expect(aws[region]?.snapshots).toHaveLength(1)
    }
  })

  test('all is as declared; the same again changes nothing and sends nothing', async () => {
    const verified: VerifyResult = await sindri.json('vm', 'verify', '--rehearse')
    expect(verified).toMatchObject({ drift: [], images: published.images })
    expect(await sindri.json('vm', 'publish', '--rehearse')).toMatchObject({ changed: [], sent_bytes: 0 })
  })

  test('the image in the other region is that disk: an instance of it runs', async () => {
    const id = published.images[1]?.image_id ?? ''
    const words = ['vm', 'deploy', id, '--cloud', 'aws', '--region', other, '--ssh-user', 'admin', '--rehearse']
    const deployment: Deployment = await sindri.json(...words)
    await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
    expect(await ssh(deployment, '. /etc/os-release; echo $ID$VERSION_ID')).toBe('debian12')
    const where = ['--cloud', 'aws', '--region', other, '--force', '--rehearse']
    await sindri.json('vm', 'terminate', deployment.instance_id, ...where)
  })

  test('a reader that AWS’s own command line takes away is missed, by exit code 5', async () => {
    const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
    const id = published.images[1]?.image_id ?? ''
    const permission = `Remove=[{UserId=${reader}}]`
    execFileSync(
      'aws',
      ['ec2', 'modify-image-attribute', '--region', other, '--image-id', id, '--launch-permission', permission],
      { env: { ...process.env, ...rehearsed } },
    )
    const { code, stdout } = await sindri.run('vm', 'verify', '--rehearse')
    expect(code).toBe(5)
    expect(stdout).toContain(`readers of the image in ${other}: is private, should be user ${reader}`)
  })

  test('one byte of the disk changed, the same version: refused, and nothing was asked that changes something', async () => {
    const file = join(sindri.folder, 'debian.raw')
    const change = (): void => {
      const handle = openSync(file, 'r+')
      const byte = Buffer.alloc(1)
      readSync(handle, byte, 0, 1, 600)
      writeSync(handle, Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 600)
      closeSync(handle)
    }
    change()
    onTestFinished(change)
    const before = (await sindri.status()).requests.length
    const { code, stderr } = await sindri.run('vm', 'publish', '--rehearse')
    expect(code).toBe(1)
    expect(stderr).toContain('was published from another disk')
    const since = (await sindri.status()).requests.slice(before)
    expect(since.filter(({ operation }) => !/^(Describe|Get|List)/.test(operation))).toEqual([])
  })

  test('unpublishing leaves nothing', async () => {
    await sindri.json('vm', 'unpublish', '--force', '--rehearse')
    const { aws = {} } = (await sindri.status()).resources
    for (const region of [home, other])
      expect(aws[region] ?? { images: [], snapshots: [] }).toMatchObject({ images: [], snapshots: [] })
  })
})
