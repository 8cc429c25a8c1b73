import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { PlanResult } from '../../src/actions/publish/plan.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import type { VerifyResult } from '../../src/actions/publish/verify.ts'
import { partsFolder } from '../../tools/parts-folder.ts'
import { killedPublish, missingPart, openSindri, type Sindri, ssh } from './sindri.ts'

const run = promisify(execFile)
const missing = await missingPart()
const [home, other] = ['ap-southeast-1', 'eu-central-1'] as const
const reader = '1111111111111111'
const python = join(partsFolder(process.env), 'alibaba-sdk/bin/python3')
const sdk = existsSync(python) || process.env.CI === 'true'

describe.skipIf(missing !== undefined)(`a finished Debian in Alibaba Cloud (${missing ?? 'rehearsed'})`, () => {
  let sindri: Sindri
  let published: PublishResult

  beforeAll(async () => {
    sindri = await openSindri()
    await sindri.putDebian()
    const alibaba = { regions: [home, other], bucket: 'golden-disks', accounts: [reader], image_family: 'golden' }
    await sindri.release({ alibaba })
    await sindri.enforce(await sindri.json('vm', 'permissions', '--cloud', 'alibaba', '--publish'))
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  async function changes(): Promise<readonly string[]> {
    const { requests } = await sindri.status()
    return requests
      .map(({ operation }) => operation)
      .filter((operation) => !/^(Describe|Get|Head|List)/.test(operation))
  }

  test('a plan changes nothing, and says that the import role is made', async () => {
    const plan: PlanResult = await sindri.json('vm', 'plan', '--rehearse')
    expect(plan).toMatchObject({ architecture: 'x86_64', firmware: 'both', findings: [{ level: 'warning' }] })
    expect(await changes()).toEqual([])
  })

  test('with the printed policy, a publish that is killed in the middle is continued, and makes everything once', async () => {
    await killedPublish(sindri, 'UploadPart', 3)
    published = await sindri.json('vm', 'publish', '--rehearse')
    expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} account ${reader}`,
      `${other} account ${reader}`,
    ])
    const { resources, requests } = await sindri.status()
    for (const region of [home, other]) {
      const held = resources.alibaba[region]
      expect(held?.images).toMatchObject([{ state: 'Available', bootMode: 'UEFI-Preferred', family: 'golden' }])
      expect(held?.snapshots).toHaveLength(1)
    }
    expect(resources.alibaba[home]?.buckets).toMatchObject([{ name: 'golden-disks', objects: [], uploads: [] }])
    const of = (operation: string) => requests.filter((one) => one.operation === operation && one.status === 200)
    expect(of('InitiateMultipartUpload')).toHaveLength(1)
    expect(of('ImportImage')).toHaveLength(1)
    expect(requests.filter(({ status }) => status === 403 || status === 501)).toEqual([])
  })

  test('all is as declared; the same again changes nothing and sends nothing', async () => {
    const verified: VerifyResult = await sindri.json('vm', 'verify', '--rehearse')
    expect(verified).toMatchObject({ drift: [], images: published.images })
    expect(await sindri.json('vm', 'publish', '--rehearse')).toMatchObject({ changed: [], sent_bytes: 0 })
  })

  test('the image in the other region is that disk: an instance of it runs', async () => {
    await sindri.json('rehearsal', 'up', '--policy', 'none')
    const id = published.images[1]?.image_id ?? ''
    const words = ['vm', 'deploy', id, '--cloud', 'alibaba', '--region', other, '--instance-type', 'ecs.g7.large']
    const deployment: Deployment = await sindri.json(...words, '--ssh-user', 'root', '--rehearse')
    await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
    expect(await ssh(deployment, '. /etc/os-release; echo $ID$VERSION_ID')).toBe('debian12')
    const where = ['--cloud', 'alibaba', '--region', other, '--force', '--rehearse']
    await sindri.json('vm', 'terminate', deployment.instance_id, ...where)
  })

  test('unpublish leaves nothing but the bucket, with the printed policy', async () => {
    await sindri.enforce(await sindri.json('vm', 'permissions', '--cloud', 'alibaba', '--publish'))
    await sindri.json('vm', 'unpublish', '--force', '--rehearse')
    const { alibaba } = (await sindri.status()).resources
    for (const region of [home, other]) {
      expect(alibaba[region]?.images ?? []).toEqual([])
      expect(alibaba[region]?.snapshots ?? []).toEqual([])
    }
  })

  test.skipIf(!sdk)(
    'the vendor’s Python clients send a disk that qemu-img wrote, import, share and remove it',
    async () => {
      await sindri.json('rehearsal', 'up', '--policy', 'none')
      const raw = join(sindri.folder, 'small.raw')
      const file = join(sindri.folder, 'small.qcow2')
      await writeFile(raw, Buffer.concat([randomBytes(3 << 20), Buffer.alloc(5 << 20), randomBytes(1 << 20)]))
      await run('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, file])
      const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
      const script = join(import.meta.dirname, 'alibaba-publish-sdk.py')
      const { stdout } = await run(python, [script, home, 'disks-of-the-sdk', file], {
        env: { ...process.env, ...rehearsed },
      })
      expect(JSON.parse(stdout)).toEqual({
        bucket: { location: `oss-${home}`, acl: 'private' },
        refused: {
          ...{ secret: 'SignatureDoesNotMatch', absent: 'NoSuchBucket', digest: 'InvalidDigest' },
          completed: 'NoSuchUpload',
        },
        ...{ uploads: ['disks/a disk+é.qcow2'], parts: true, size: true, crc64: [true, true] },
        task: ['Finished', 'Processing'],
        image: {
          ...{ status: 'Available', boot_mode: 'UEFI', nvme: 'supported', platform: 'Debian', tags: { of: 'sdk' } },
        },
        shared: [[reader], []],
      })
    },
  )
})
