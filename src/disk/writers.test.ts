import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Bytes, Disk, Extent } from './disk.ts'
import { grown } from './grown.ts'
import { partsOf } from './joined.ts'
import { contentOf, inMemory, pattern } from './made-disks.fixture.ts'
import { openDisk } from './open-disk.ts'
import { gatherRuns } from './runs.ts'
import { readTarHeader } from './tar-header.ts'
import { asQcow2 } from './write-qcow2.ts'
import { asTar, tarGzOf } from './write-tar-gz.ts'
import { asFixedVhd } from './write-vhd.ts'
import { vmdkOf } from './write-vmdk.ts'

const folder = await mkdtemp(join(tmpdir(), 'sindri-writers-'))
afterAll(() => rm(folder, { recursive: true }))

/** A raw disk in memory, with data only in these runs. Asking for a hole is an error: writers must not. */
async function rawDisk(sizeBytes: number, runs: readonly Extent[]): Promise<{ disk: Disk; content: Buffer }> {
  const gathered = gatherRuns(sizeBytes)
  const content = Buffer.alloc(sizeBytes)
  for (const { offset, length } of runs) {
    gathered.add(offset, length)
    content.set(pattern(length, offset).subarray(0, Math.max(0, sizeBytes - offset)), Math.min(offset, sizeBytes))
  }
  return { disk: await openDisk(inMemory(content, gathered.done()), { format: 'raw' }), content }
}

async function all(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = []
  for await (const part of parts) list.push(part)
  return Buffer.concat(list)
}

const writers: readonly (readonly [name: string, write: (disk: Disk) => AsyncIterable<Uint8Array>, unit: number])[] = [
  ['fixed VHD', (disk) => partsOf(asFixedVhd(disk), 100_001), 1 << 20],
  ['qcow2', (disk) => partsOf(asQcow2(disk), 100_001), 512],
  ['VMDK', (disk) => vmdkOf(disk), 1 << 16],
  ['tar.gz', (disk) => tarGzOf(disk, { level: 1 }), 1],
]

const odd: readonly (readonly [what: string, sizeBytes: number, runs: readonly Extent[]])[] = [
  ['one byte', 1, [{ offset: 0, length: 1 }]],
  ['all holes', 5_000_000, []],
  ['no holes', 3_000_000, [{ offset: 0, length: 3_000_000 }]],
  [
    'data at both ends, and astride borders',
    2_222_223,
    [
      { offset: 0, length: 1 },
      { offset: 65_535, length: 2 },
      { offset: 1 << 20, length: 4096 },
      { offset: 2_222_222, length: 1 },
    ],
  ],
  ['many runs', 9_000_000, Array.from({ length: 90 }, (_, index) => ({ offset: index * 100_000, length: 700 }))],
]

test.each(
  writers.flatMap(([name, write, unit]) => odd.map(([what, size, runs]) => ({ name, what, write, unit, size, runs }))),
)(
  '$name of a disk of $what: the same disk is read from it, and the same bytes come twice',
  async ({ write, unit, size, runs }) => {
    const { disk, content } = await rawDisk(size, runs)
    const file = await all(write(disk))
    expect(file.equals(await all(write(disk)))).toBe(true)
    const again = await openDisk(inMemory(file), { folder })
    expect(again.sizeBytes).toBe(Math.ceil(size / unit) * unit)
    const seen = await contentOf(again, 1 << 20)
    await again.close()
    expect(seen.subarray(0, size).equals(content)).toBe(true)
    expect(seen.subarray(size).every((byte) => byte === 0)).toBe(true)
  },
)

test.each<readonly [name: string, make: (disk: Disk) => Bytes]>([
  ['fixed VHD', asFixedVhd],
  ['qcow2', asQcow2],
  ['tar', asTar],
])('%s: any part of it can be read alone, and outside its extents there are zeros', async (_, make) => {
  const { disk } = await rawDisk(700_000, [
    { offset: 70_000, length: 5000 },
    { offset: 300_000, length: 200_000 },
  ])
  const bytes = make(disk)
  const whole = await all(partsOf(bytes, 1 << 20))
  expect(whole.length).toBe(bytes.sizeBytes)
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(150_000), async (offset, length) => {
      const part = Buffer.alloc(Math.min(length, whole.length - offset))
      await bytes.read(offset, part)
      expect(part.equals(whole.subarray(offset, offset + part.length))).toBe(true)
    }),
  )
  await expect(bytes.read(whole.length - 1, Buffer.alloc(2))).rejects.toThrow(RangeError)
  const told = Buffer.alloc(whole.length)
  for (const { offset, length } of await bytes.extents()) whole.copy(told, offset, offset, offset + length)
  expect(told.equals(whole)).toBe(true)
})

test('the VHD of a disk of whole MiB is that and a footer, as Azure wants it', async () => {
  const { disk, content } = await rawDisk(2 << 20, [{ offset: 0, length: 10 }])
  const file = await all(partsOf(asFixedVhd(disk), 1 << 20))
  expect(file.subarray(0, -512).equals(content)).toBe(true)
  expect(file.toString('latin1', 2 << 20, (2 << 20) + 8)).toBe('conectix')
})

test('holes are not in the tar.gz, and it is one gzip member whose parts find each other', async () => {
  const { disk, content } = await rawDisk(80 << 20, [{ offset: 4096, length: 5 << 20 }])
  const file = await all(tarGzOf(disk))
  // Throws when a second member or anything else follows, or a checksum is wrong.
  const tar = gunzipSync(file)
  expect(tar.length).toBeLessThan((5 << 20) + 20_000)
  // As GNU tar ends a map when a hole ends the file.
  expect(readTarHeader(tar.subarray(0, 512))?.runs).toEqual([
    [4096, 5 << 20],
    [80 << 20, 0],
  ])
  expect(tar.subarray(512, 512 + (5 << 20)).equals(content.subarray(4096, 4096 + (5 << 20)))).toBe(true)
})

test('a VMDK of several tables is read, and grains of zeros are not in it', async () => {
  const { disk, content } = await rawDisk(70 << 20, [
    { offset: 1 << 20, length: 3 },
    { offset: 36 << 20, length: 3 },
  ])
  const zeros = { offset: 40 << 20, length: 20 << 20 }
  const file = await all(vmdkOf({ ...disk, extents: [...disk.extents, zeros] }))
  expect(file.length).toBeLessThan(100_000)
  const again = await openDisk(inMemory(file))
  expect((await contentOf(again, 1 << 20)).subarray(0, content.length).equals(content)).toBe(true)
})

test('what fails to be read fails the writer, in each format', async () => {
  const { disk } = await rawDisk(9 << 20, [{ offset: 0, length: 9 << 20 }])
  const broken: Disk = {
    ...disk,
    read: (offset, into) => (offset > 4 << 20 ? Promise.reject(new Error('no more')) : disk.read(offset, into)),
  }
  for (const [, write] of writers) await expect(all(write(broken))).rejects.toThrow('no more')
})

test('a disk grows by zeros to whole units, and one that has them stays as it is', async () => {
  const { disk, content } = await rawDisk(1000, [{ offset: 0, length: 1000 }])
  const larger = grown(disk, 4096)
  expect(larger.sizeBytes).toBe(4096)
  expect((await contentOf(larger, 300)).equals(Buffer.concat([content, Buffer.alloc(3096)]))).toBe(true)
  expect(grown(disk, 500)).toBe(disk)
})

test('a qcow2 counts each of its clusters once, also where its counts need one cluster more', async () => {
  const cluster = 65_536
  for (let data = 32_760; data <= 32_770; data += 1) {
    const sizeBytes = data * cluster
    const { disk } = await rawDisk(1, [])
    const file = asQcow2({ ...disk, sizeBytes, extents: [{ offset: 0, length: sizeBytes }] })
    const [header, table] = [Buffer.alloc(104), Buffer.alloc(cluster)]
    await file.read(0, header)
    await file.read(Number(header.readBigUInt64BE(48)), table)
    let counted = 0
    for (let entry = 0; table.readBigUInt64BE(entry * 8) !== 0n; entry += 1) {
      const block = Buffer.alloc(cluster)
      await file.read(Number(table.readBigUInt64BE(entry * 8)), block)
      for (let at = 0; at < cluster; at += 2) counted += block.readUInt16BE(at)
    }
    expect(counted).toBe(file.sizeBytes / cluster)
  }
})
