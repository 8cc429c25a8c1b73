import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { EBSClient, GetSnapshotBlockCommand, ListSnapshotBlocksCommand } from '@aws-sdk/client-ebs'
import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import type { PlanResult } from '../../src/actions/publish/plan.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import { digestOf } from '../../src/disk/digest.ts'
import { grown } from '../../src/disk/grown.ts'
import { openDisk } from '../../src/disk/open-disk.ts'
import { bootToLogin } from '../../src/rehearsal/instances/qemu.ts'
import { missingPart, openSindri, type Sindri } from './sindri.ts'

const missing = await missingPart()
const example = join(import.meta.dirname, '../../examples/publish-everywhere/sindri.yaml')
const clouds = ['aws', 'azure', 'gcp', 'oci', 'alibaba', 'openstack']
/** From the package ovmf. */
const uefi = '/usr/share/ovmf/OVMF.fd'

describe.skipIf(missing !== undefined)(`a Debian in six clouds at once (${missing ?? 'rehearsed'})`, () => {
  let sindri: Sindri
  let published: PublishResult

  beforeAll(async () => {
    sindri = await openSindri()
    await sindri.putDebian()
    writeFileSync(join(sindri.folder, 'sindri.yaml'), readFileSync(example))
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  /** The largest file that a stand-in keeps. */
  function diskIn(cloud: string): string {
    const folder = join(sindri.home, 'rehearsal', cloud)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const paths = files.map(({ parentPath, name }) => join(parentPath, name))
    const [largest = ''] = paths.sort((a, b) => statSync(b).size - statSync(a).size)
    return largest
  }

  test('one command makes it an image in two regions of each; nothing differs, and the same again does nothing', async () => {
    const plan: PlanResult = await sindri.json('vm', 'plan', '--rehearse')
    expect(plan.clouds.map(({ cloud, images }) => `${cloud} ${images}`)).toEqual(clouds.map((cloud) => `${cloud} 2`))
    published = await sindri.json('vm', 'publish', '--rehearse')
    expect(published.failed).toEqual([])
    expect(published.images.map(({ cloud }) => cloud)).toEqual(clouds.flatMap((cloud) => [cloud, cloud]))
    expect(await sindri.json('vm', 'verify', '--rehearse')).toMatchObject({ drift: [], images: published.images })
    const again = await sindri.json('vm', 'publish', '--rehearse')
    expect(again).toMatchObject({ changed: [], sent_bytes: 0, images: published.images })
  })

  test.each(clouds)('what %s keeps is that disk', async (cloud) => {
    const disk = await openDisk(diskIn(cloud))
    onTestFinished(() => disk.close())
    const { size } = statSync(join(sindri.folder, 'debian.raw'))
    expect(disk.sizeBytes).toBeGreaterThanOrEqual(size)
    // Some clouds round sizes up.
    const original = grown(await openDisk(join(sindri.folder, 'debian.raw')), disk.sizeBytes)
    onTestFinished(() => original.close())
    expect(await digestOf(disk)).toBe(await digestOf(original))
  })

  test('what AWS gives back block by block boots by BIOS, and what Google Cloud keeps boots by UEFI', async () => {
    const exported = join(sindri.folder, 'exported.raw')
    await exportFromAws(exported)
    const booted = await Promise.all([
      bootToLogin(exported, { folder: join(sindri.folder, 'bios'), timeoutMs: 500_000 }),
      bootToLogin(diskIn('gcp'), { folder: join(sindri.folder, 'uefi'), timeoutMs: 500_000, firmware: uefi }),
    ])
    for (const printed of booted) expect(printed).toMatch(/Debian GNU\/Linux 12 \S+ ttyS0/)
  }, 600_000)

  /** By AWS's own SDK: the snapshot of the first image, from all its blocks. */
  async function exportFromAws(file: string): Promise<void> {
    const [image] = published.images
    const { region = '', image_id: id = '' } = image ?? {}
    for (const [name, value] of Object.entries(await sindri.json<Record<string, string>>('rehearsal', 'env')))
      vi.stubEnv(name, value)
    const endpoint = process.env.AWS_ENDPOINT_URL ?? ''
    const ec2 = new EC2Client({ region, endpoint })
    const ebs = new EBSClient({ region, endpoint })
    const { Images: [found] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }))
    const { SnapshotId, VolumeSize = 0 } = found?.BlockDeviceMappings?.[0]?.Ebs ?? {}
    writeFileSync(file, '')
    writeFileSync(file, '')
    truncateSync(file, VolumeSize * 1024 ** 3)
    const out = await open(file, 'r+')
    let NextToken: string | undefined
    do {
      const page = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId, NextToken }))
      for (const { BlockIndex, BlockToken } of page.Blocks ?? []) {
        const block = await ebs.send(new GetSnapshotBlockCommand({ SnapshotId, BlockIndex, BlockToken }))
        const bytes = await block.BlockData?.transformToByteArray()
        if (bytes !== undefined) await out.write(bytes, 0, bytes.length, (BlockIndex ?? 0) * bytes.length)
      }
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    await out.close()
  }

  test('unpublishing leaves no image in any of them', async () => {
    const { removed }: { removed: PublishResult['images'] } = await sindri.json(
      'vm',
      'unpublish',
      '--force',
      '--rehearse',
    )
    expect(removed).toHaveLength(12)
    const { resources } = await sindri.status()
    const left = Object.entries(resources).flatMap(([cloud, regions]) =>
      Object.values(regions).flatMap((kinds) =>
        Object.entries(kinds).flatMap(([kind, held]) =>
          /image|snapshot|object|blob|version/i.test(kind) ? [[cloud, kind, held]] : [],
        ),
      ),
    )
    expect(left.filter(([, , held]) => Object.keys(held ?? {}).length > 0)).toEqual([])
  })

  test('the example says what the test has published', () => {
    expect(Object.keys(parse(readFileSync(example, 'utf8')).release.targets)).toEqual(clouds)
  })
})
