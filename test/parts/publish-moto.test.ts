import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EBSClient, GetSnapshotBlockCommand, ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs'
import * as ec2 from '@aws-sdk/client-ec2'
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PlanResult } from '../../src/actions/publish/plan.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import type { VerifyResult } from '../../src/actions/publish/verify.ts'
import { type Mended, openMended } from './mended-moto.ts'
import { type OtherServer, startServer } from './other-server.ts'
import { openSindri, type Sindri } from './sindri.ts'

const moto = join(process.env.SINDRI_PARTS ?? '', 'moto/bin/moto_server')
const missing = process.env.CI === undefined && !existsSync(moto)
const [home, other] = ['eu-central-1', 'us-east-1'] as const
const reader = '210987654321'
const blockBytes = 512 * 1024
const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }

/** 4 MiB, with something in the first, the fourth and the last two blocks. */
function disk(): Buffer {
  const bytes = Buffer.alloc(8 * blockBytes)
  // The mark of a boot sector, by which a disk is known for one.
  bytes.writeUInt16BE(0x55aa, 510)
  randomBytes(100_000).copy(bytes, 3 * blockBytes + 17)
  randomBytes(blockBytes + 200).copy(bytes, 7 * blockBytes - 200)
  return bytes
}

describe.skipIf(missing)('a finished disk in the EBS, EC2 and Systems Manager of moto (npm run parts)', () => {
  const bytes = disk()
  let server: OtherServer
  let mended: Mended
  let sindri: Sindri
  let published: PublishResult

  beforeAll(async () => {
    // Its own images are a thousand, and nobody's here.
    server = await startServer(moto, (port) => ['-H', '127.0.0.1', '-p', `${port}`], {
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'false',
    })
    mended = await openMended(server.port)
    sindri = await openSindri({ ...keys, AWS_ENDPOINT_URL: mended.url })
    await writeFile(join(sindri.folder, 'disk.raw'), bytes)
    const aws = { regions: [home, other], accounts: [reader], ssm_parameter: '/images/golden' }
    const known = { os: 'debian12', disk: 'disk.raw', architecture: 'x86_64', firmware: 'uefi' }
    const release = { version: '1.4.2', ...known, targets: { aws } }
    await writeFile(join(sindri.folder, 'sindri.yaml'), JSON.stringify({ name: 'golden', release }))
  })
  afterAll(async () => {
    expect(await sindri?.close()).toEqual([])
    await mended?.close()
    await server?.close()
  })

  /** AWS's own clients, straight at moto: what they see nothing of ours has touched. */
  const own = (region: string) => ({
    ...{ region, endpoint: `http://127.0.0.1:${server.port}` },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const imagesIn = async (region: string) =>
    (await new ec2.EC2Client(own(region)).send(new ec2.DescribeImagesCommand({ Owners: ['self'] }))).Images ?? []
  const snapshotsIn = async (region: string) => {
    const command = new ec2.DescribeSnapshotsCommand({
      ...{ OwnerIds: ['self'], Filters: [{ Name: 'tag-key', Values: ['sindri:release'] }] },
    })
    return (await new ec2.EC2Client(own(region)).send(command)).Snapshots ?? []
  }

  /** The disk as it is read back from a snapshot, block by block. */
  async function readBack(snapshot: string): Promise<Buffer> {
    const ebs = new EBSClient(own(home))
    const { Blocks = [] } = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: snapshot }))
    const read = Buffer.alloc(bytes.length)
    // Zeros were not sent.
    expect(Blocks.map(({ BlockIndex }) => Number(BlockIndex)).sort()).toEqual([0, 3, 6, 7])
    for (const { BlockIndex, BlockToken } of Blocks) {
      const asked = { SnapshotId: snapshot, BlockIndex: Number(BlockIndex), BlockToken }
      const { BlockData } = await ebs.send(new GetSnapshotBlockCommand(asked))
      read.set((await BlockData?.transformToByteArray()) ?? [], Number(BlockIndex) * blockBytes)
    }
    return read
  }

  test('a publish that is killed in the middle is continued, and makes everything once', async () => {
    const plan: PlanResult = await sindri.json('vm', 'plan')
    expect(plan).toMatchObject({ findings: [], clouds: [{ images: 2 }] })
    mended.holdBlocksAfter(2)
    const { pid, ended } = sindri.start('vm', 'publish')
    await expect.poll(() => mended.held(), { timeout: 60_000, interval: 20 }).toBe(2)
    process.kill(pid, 'SIGKILL')
    await ended
    mended.holdBlocksAfter(undefined)
    published = await sindri.json('vm', 'publish')
    expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} user ${reader}`,
      `${other} user ${reader}`,
    ])
    const [snapshot, ...more] = await snapshotsIn(home)
    expect(more).toEqual([])
    // The image was made of that snapshot, and the snapshot is the disk.
    expect(mended.registered()).toEqual([snapshot?.SnapshotId])
    const read = await readBack(snapshot?.SnapshotId ?? '')
    expect(createHash('sha256').update(read).digest('hex')).toBe(published.disk_sha256)
    expect(read.equals(bytes)).toBe(true)
    for (const [index, region] of [home, other].entries()) {
      const id = published.images[index]?.image_id
      const digest = { Key: 'sindri:fingerprint', Value: published.disk_sha256 }
      expect(await imagesIn(region)).toMatchObject([{ ImageId: id, Name: published.release }])
      expect((await imagesIn(region))[0]?.Tags).toContainEqual(digest)
      const parameter = new GetParameterCommand({ Name: '/images/golden' })
      expect((await new SSMClient(own(region)).send(parameter)).Parameter?.Value).toBe(id)
    }
  })

  test('it is as declared, and another run of the same or of another machine sends and changes nothing', async () => {
    expect(await sindri.json<VerifyResult>('vm', 'verify')).toMatchObject({ drift: [], images: published.images })
    expect(await sindri.json('vm', 'publish')).toMatchObject({ changed: [], sent_bytes: 0 })
    await rm(sindri.home, { recursive: true })
    const before = mended.changes()
    expect(await sindri.json('vm', 'publish')).toMatchObject({
      ...{ changed: [], sent_bytes: 0, images: published.images, release: published.release },
    })
    expect(mended.changes()).toEqual(before)
  })

  test('another disk is refused, and a reader that is taken away is missed, by exit code 5', async () => {
    const before = mended.changes()
    await writeFile(join(sindri.folder, 'disk.raw'), disk())
    const refused = await sindri.run('vm', 'publish')
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('1.4.2') })
    expect(mended.changes()).toEqual(before)
    await writeFile(join(sindri.folder, 'disk.raw'), bytes)
    const LaunchPermission = { Remove: [{ UserId: reader }] }
    const taken = { ImageId: published.images[1]?.image_id, LaunchPermission }
    await new ec2.EC2Client(own(other)).send(new ec2.ModifyImageAttributeCommand(taken))
    const { code, stdout } = await sindri.run('vm', 'verify')
    expect(code).toBe(5)
    expect(stdout).toContain(`readers of the image in ${other}: is private, should be user ${reader}`)
    expect(await sindri.json('vm', 'publish')).toMatchObject({ changed: [`aws/readers/${other}`], sent_bytes: 0 })
  })

  test('unpublishing leaves nothing', async () => {
    await sindri.json('vm', 'unpublish', '--force')
    for (const region of [home, other]) {
      expect(await imagesIn(region)).toEqual([])
      expect(await snapshotsIn(region)).toEqual([])
    }
  })
})
