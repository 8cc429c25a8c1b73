import { expect, test } from 'vitest'
import { esp, fixture, gptDisk, linux, mbrSector } from './disk-images.fixture.ts'
import { memoryDisk } from './memory-disk.fixture.ts'
import { partitions } from './partitions.ts'

const sectors = 4096
const gpt = () =>
  gptDisk(sectors, [
    { type: esp, name: 'the ESP', first: 64, last: 127 },
    { type: linux, name: 'Wurzel ü', first: 128, last: 2047 },
  ])
const read = (disk: Uint8Array) => partitions(memoryDisk(disk))

function mbrDisk(records: Readonly<Record<number, Parameters<typeof mbrSector>[0]>>): Buffer {
  const disk = Buffer.alloc(sectors * 512)
  for (const [sector, entries] of Object.entries(records)) disk.set(mbrSector(entries), Number(sector) * 512)
  return disk
}

test('a GPT gives places, purposes, names and GUIDs', async () => {
  expect(await read(gpt())).toEqual({
    scheme: 'gpt',
    findings: [],
    partitions: [
      {
        number: 1,
        offset: 32_768,
        sizeBytes: 32_768,
        type: esp,
        purpose: 'esp',
        name: 'the ESP',
        id: '01010101-0101-0101-0101-010101010101',
      },
      {
        number: 2,
        offset: 65_536,
        sizeBytes: 983_040,
        type: linux,
        purpose: 'linux',
        name: 'Wurzel ü',
        id: '02020202-0202-0202-0202-020202020202',
      },
    ],
  })
})

test('sectors may have 4096 bytes', async () => {
  const disk = gptDisk(256, [{ type: linux, first: 16, last: 31 }], 4096)
  expect((await read(disk)).partitions).toMatchObject([{ offset: 65_536, sizeBytes: 65_536 }])
})

test.each([
  ['the checksum of the header is wrong', 512 + 40],
  ['the checksum of the partition entries is wrong', 1024 + 5],
])('with a broken primary GPT (%s) the backup is read, and that is said', async (reason, at) => {
  const disk = gpt()
  disk[at] = 0xaa
  const found = await read(disk)
  expect(found.partitions).toHaveLength(2)
  expect(found.findings).toEqual([`the primary GPT is broken: ${reason}; the backup is read`])
})

test.each([
  ['a broken backup', (disk: Buffer) => disk.fill(1, disk.length - 500), 'the backup GPT is broken: a header of'],
  [
    'no backup',
    (disk: Buffer) => disk.fill(0, disk.length - 512),
    'the backup GPT is broken: no header at sector 4095',
  ],
  ['a zeroed MBR', (disk: Buffer) => disk.fill(0, 0, 512), 'no protective MBR'],
  [
    'an MBR of another table',
    (disk: Buffer) => disk.set(mbrSector([{ type: 0x83, first: 1, count: 9 }])),
    'does not say',
  ],
  [
    'a hybrid MBR',
    (disk: Buffer) =>
      disk.set(
        mbrSector([
          { type: 0xee, first: 1, count: 63 },
          { type: 0x83, first: 128, count: 1920 },
        ]),
      ),
    'a hybrid MBR lists 1 of the partitions as well',
  ],
])('%s is told beside the partitions', async (_, change, message) => {
  const disk = gpt()
  change(disk)
  const found = await read(disk)
  expect(found.partitions).toHaveLength(2)
  expect(found.findings).toEqual([expect.stringContaining(message)])
})

test('a disk that was enlarged has its backup GPT in the middle', async () => {
  const found = await read(Buffer.concat([gpt(), Buffer.alloc(512 * 100)]))
  expect(found.findings).toEqual([
    'the backup GPT is at sector 4095, and the disk ends at sector 4195: it was enlarged',
  ])
})

test('a GPT without any sound header has no partitions, and says why', async () => {
  const disk = gpt()
  disk[512 + 40] = 1
  disk[disk.length - 512 + 40] = 1
  expect(await read(disk)).toMatchObject({
    scheme: 'gpt',
    partitions: [],
    findings: [expect.stringContaining('cannot be read')],
  })
  disk.fill(0, 512)
  expect((await read(disk)).findings).toEqual([
    'the MBR announces a GPT, and neither its primary nor its backup header is there',
  ])
})

test('partitions that overlap, end before they begin or leave the disk are told', async () => {
  const found = await read(
    gptDisk(sectors, [
      { type: linux, first: 64, last: 200 },
      { type: linux, first: 128, last: 90_000 },
      { type: linux, first: 300, last: 250 },
    ]),
  )
  expect(found.findings).toEqual([
    'partition 3 ends before it begins',
    'partitions 1 and 2 overlap',
    'partition 2 ends at byte 46080512, and the disk at byte 2097152',
  ])
})

test('logical partitions are counted from 5 on', async () => {
  const disk = mbrDisk({
    0: [
      { type: 0x83, first: 64, count: 64 },
      { type: 0x0f, first: 128, count: 1000 },
    ],
    128: [
      { type: 0x83, first: 1, count: 10 },
      { type: 5, first: 100, count: 50 },
    ],
    228: [{ type: 0x82, first: 2, count: 20 }],
  })
  const found = await read(disk)
  expect(found).toMatchObject({ scheme: 'mbr', findings: [] })
  expect(found.partitions.map(({ number, offset, purpose }) => [number, offset / 512, purpose])).toEqual([
    [1, 64, 'linux'],
    [5, 129, 'linux'],
    [6, 230, 'swap'],
  ])
})

test.each([
  ['comes back to where it was', 0, 'the chain of records comes back to sector 128'],
  ['leads to nothing', 5, 'no boot record at sector 133'],
  ['leaves the disk', 2 ** 31, 'the disk is 2097152 bytes long'],
])('a chain of logical partitions that %s ends there', async (_, next, message) => {
  const disk = mbrDisk({
    0: [{ type: 5, first: 128, count: 1000 }],
    128: [
      { type: 0x83, first: 1, count: 10 },
      { type: 5, first: next, count: 50 },
    ],
  })
  const found = await read(disk)
  expect(found.partitions).toHaveLength(1)
  expect(found.findings).toEqual([expect.stringContaining(message)])
})

test.each(['ext4', 'fat12'] as const)('a disk that is one %s file system has no partitions', async (name) => {
  expect(await read(fixture(name))).toEqual({ scheme: 'none', partitions: [], findings: [] })
})

test.each([0, 1, 511, 512, 513, 1023])('a disk of %d bytes holds nothing', async (size) => {
  expect(await read(Buffer.alloc(size, 0xff))).toMatchObject({ scheme: 'none', partitions: [] })
})
