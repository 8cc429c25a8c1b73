import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import type { Disk } from './disk.ts'
import {
  cluster,
  contentOf,
  inMemory,
  makeDynamicVhd,
  makeQcow2,
  makeTarGz,
  makeVmdk,
  pattern,
} from './made-disks.fixture.ts'
import { openDisk } from './open-disk.ts'
import { bytesIn } from './runs.ts'
import { writeTarNumber } from './tar-header.ts'
import { vhdChecksum } from './vhd-footer.ts'
import { asQcow2 } from './write-qcow2.ts'

const folder = await mkdtemp(join(tmpdir(), 'sindri-readers-'))
afterAll(() => rm(folder, { recursive: true }))

const disks: readonly (readonly [name: string, disk: { readonly file: Buffer; readonly content: Buffer }])[] = [
  ['qcow2, zlib', makeQcow2()],
  ['qcow2, zstd', makeQcow2('zstd')],
  ['dynamic VHD', makeDynamicVhd()],
  ['sparse VMDK', makeVmdk(false)],
  ['compressed VMDK', makeVmdk(true)],
  ['tar.gz', { file: makeTarGz(pattern(70_000)), content: pattern(70_000) }],
]

async function failing(file: Buffer): Promise<string> {
  const opening = openDisk(inMemory(file), { folder }).then(contentOf)
  return opening.then(
    () => 'it was read',
    (error: Error) => `${'code' in error ? error.code : error.name}: ${error.message}`,
  )
}

test.each(disks)('%s: a machine sees what was written, whatever the pieces it reads', async (_, { file, content }) => {
  const disk = await openDisk(inMemory(file), { folder })
  expect(disk.sizeBytes).toBe(content.length)
  for (const step of [1 << 20, 7001, 512, 63]) expect((await contentOf(disk, step)).equals(content)).toBe(true)
  await disk.close()
})

test.each(disks)('%s: outside the extents there are only zeros, and no byte of the file is read', async (_, made) => {
  const disk = await openDisk(inMemory(made.file), { folder })
  let end = 0
  for (const { offset, length } of [...disk.extents, { offset: disk.sizeBytes, length: 0 }]) {
    expect(made.content.subarray(end, offset).every((byte) => byte === 0)).toBe(true)
    end = offset + length
  }
  const whole = { ...disk, extents: [{ offset: 0, length: disk.sizeBytes }] }
  expect(await digestOf(disk)).toBe(await digestOf(whole))
  await disk.close()
})

test.each(disks)('%s: beyond the end there is nothing', async (_, { file, content }) => {
  const disk = await openDisk(inMemory(file), { folder })
  await expect(disk.read(content.length - 1, Buffer.alloc(2))).rejects.toThrow(RangeError)
  await disk.close()
})

test.each(disks)('%s: cut short anywhere, it is refused or read as it was; never read wrongly', async (_, made) => {
  for (let length = 1; length < made.file.length; length += 509) {
    const format = disks.find(([, { file }]) => file === made.file)?.[0] ?? ''
    const kind = format.includes('qcow2')
      ? 'qcow2'
      : format.includes('VHD')
        ? 'vhd'
        : format.includes('VMDK')
          ? 'vmdk'
          : 'tar.gz'
    const file = inMemory(made.file.subarray(0, length))
    const outcome = await openDisk(file, { format: kind, folder })
      .then((disk: Disk) => contentOf(disk))
      .catch((error: Error) => error.name)
    expect([outcome === 'SindriError', Buffer.isBuffer(outcome) && outcome.equals(made.content)]).toContain(true)
  }
})

test('a tar.gz that was unpacked leaves no file behind, not even while it is open', async () => {
  const disk = await openDisk(inMemory(makeTarGz(pattern(5000))), { folder })
  expect(await readdir(folder)).toEqual([])
  await disk.close()
})

test('a tar.gz keeps zeros as holes, sparse or not', async () => {
  const content = Buffer.concat([pattern(1000), Buffer.alloc(1 << 20), pattern(1000)])
  const disk = await openDisk(inMemory(makeTarGz(content)), { folder })
  expect(bytesIn(disk.extents)).toBeLessThan(1 << 18)
  expect((await contentOf(disk)).equals(content)).toBe(true)
  await disk.close()
})

test('the sectors of a dynamic VHD that were never written are zeros, whatever its block holds', async () => {
  const { file, content } = makeDynamicVhd()
  const disk = await openDisk(inMemory(file))
  expect(content.subarray(2 * cluster, 2 * cluster + 512).every((byte) => byte === 0)).toBe(true)
  const first = Buffer.alloc(512, 1)
  await disk.read(2 * cluster, first)
  expect(first.every((byte) => byte === 0)).toBe(true)
})

test('a dynamic VHD whose end is lost is opened by the copy of its footer', async () => {
  const { file, content } = makeDynamicVhd()
  const disk = await openDisk(inMemory(file.subarray(0, -512)))
  expect((await contentOf(disk)).equals(content)).toBe(true)
})

/** Changes a copy of a file. */
function changed(file: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(file)
  change(copy)
  return copy
}

test.each([
  ['dirty', 1n, /dirty bit/],
  ['corrupt', 2n, /corrupt bit/],
  ['an external data file', 4n, /external data file/],
  ['sub-clusters', 16n, /extended L2/],
  ['a feature of the future', 1n << 40n, /0x10000000000/],
])('a qcow2 with its bit for %s is refused by name', async (_, bit, said) => {
  const file = changed(makeQcow2().file, (copy) => copy.writeBigUInt64BE(bit, 72))
  expect(await failing(file)).toMatch(/^unsupported/)
  expect(await failing(file)).toMatch(said)
})

test.each<readonly [what: string, file: Buffer, said: RegExp]>([
  ['a qcow2 with a backing file', changed(makeQcow2().file, (c) => c.writeUInt32BE(104, 12)), /^unsupp.*backing file/],
  ['an encrypted qcow2', changed(makeQcow2().file, (c) => c.writeUInt32BE(2, 32)), /^unsupported.*encrypted/],
  ['a qcow2 of version 4', changed(makeQcow2().file, (c) => c.writeUInt32BE(4, 4)), /^unsupported.*version is 4/],
  ['a differencing VHD', differencing(), /^unsupported.*differences to a parent/],
  ['a VMDK with a parent', parented(), /^unsupported.*parentCID 12345678/],
  [
    'a VHD with a wrong checksum',
    changed(makeDynamicVhd().file, (c) => c.fill(7, 70, 71).fill(7, c.length - 400, c.length - 399)),
    /^f/,
  ],
  ['two L2 entries for more than the file has', overmapped(), /^failed.*more bytes than the file/],
  [
    'two blocks of a VHD in one place',
    changed(makeDynamicVhd().file, (c) => c.writeUInt32BE(4, 1544)),
    /^failed.*share/,
  ],
  ['a VHD block beyond the end', changed(makeDynamicVhd().file, (c) => c.writeUInt32BE(900, 1544)), /^failed.*beyond/],
  ['a VMDK grain beyond the end', changed(makeVmdk(false).file, (c) => c.writeUInt32LE(900, 1536)), /^failed.*beyond/],
  [
    'an L2 table beyond the end',
    changed(makeQcow2().file, (c) => c.writeUInt32BE(9 * cluster, cluster + 4)),
    /^f.*beyond/,
  ],
  [
    'a cluster at no border',
    changed(makeQcow2().file, (c) => c.writeUInt32BE(3 * cluster + 512, 2 * cluster + 4)),
    /no clus/,
  ],
  ['a packed cluster of other bytes', changed(makeQcow2().file, (c) => c.fill(0xff, 5 * cluster + 100)), /^f.*unpack/],
  ['a packed grain of other bytes', changed(makeVmdk(true).file, (c) => c.fill(9, 8 * 512 + 12)), /^failed.*unpack/],
  [
    'a gzip whose checksum is wrong',
    changed(makeTarGz(pattern(9000)), (c) => c.fill(1, c.length - 8, c.length - 4)),
    /^failed.*unpack/,
  ],
])('%s is refused', async (_, file, said) => {
  expect(await failing(file)).toMatch(said)
})

function differencing(): Buffer {
  return changed(makeDynamicVhd().file, (copy) => {
    for (const footer of [copy.subarray(0, 512), copy.subarray(-512)]) {
      footer.writeUInt32BE(4, 60)
      footer.writeUInt32BE(vhdChecksum(footer, 64), 64)
    }
  })
}

function parented(): Buffer {
  const text = '# Disk DescriptorFile\nparentCID=12345678\ncreateType="monolithicSparse"\n'
  return changed(makeVmdk(false).file, (copy) => copy.fill(0, 512, 1024).write(text, 512))
}

/** Four clusters of a disk in one place would do; eight are more than the six that the file has. */
function overmapped(): Buffer {
  return changed(makeQcow2().file, (copy) => {
    copy.writeBigUInt64BE(BigInt(8 * cluster), 24)
    for (let entry = 0; entry < 8; entry += 1) copy.writeBigUInt64BE(BigInt(3 * cluster), 2 * cluster + entry * 8)
  })
}

test('neighbours on the disk that are apart in the file are read from where they are', async () => {
  const wide = 65_536
  const content = Buffer.concat([pattern(wide, 1), pattern(wide, 2), pattern(wide, 3)])
  const bytes = asQcow2(await openDisk(inMemory(content), { format: 'raw' }))
  const file = await contentOf(bytes, wide)
  const table = file.subarray(4 * wide)
  const [first, second] = [table.readBigUInt64BE(0), table.readBigUInt64BE(8)]
  table.writeBigUInt64BE(second, 0)
  table.writeBigUInt64BE(first, 8)
  const swapped = Buffer.concat([pattern(wide, 2), pattern(wide, 1), pattern(wide, 3)])
  expect((await contentOf(await openDisk(inMemory(file)), 3 * wide)).equals(swapped)).toBe(true)
})

test('a grain that unpacks to less than the disk has of it is refused', async () => {
  const short = deflateSync(pattern(cluster - 1))
  const file = changed(makeVmdk(true).file, (copy) => {
    copy.writeUInt32LE(short.length, 8 * 512 + 8)
    copy.set(short, 8 * 512 + 12)
  })
  expect(await failing(file)).toMatch(/^failed.*unpacks to 4095 bytes/)
})

/** A sparse member of this size with one run; `stored` is what its header says of bytes in the archive. */
function sparse(sizeBytes: number, offset: number, length: number, stored: number): Buffer {
  return makeTarGz(pattern(1024), 'disk.raw', (header) => {
    header.write('S', 156)
    for (const [at, value] of [[124, stored] as const, [386, offset] as const, [398, length] as const]) {
      writeTarNumber(header, at, 12, value)
    }
    writeTarNumber(header, 483, 12, sizeBytes)
  })
}

test('a sparse member is read when its runs agree with its sizes, and refused when they do not', async () => {
  const disk = await openDisk(inMemory(sparse(9000, 8192, 800, 800)), { folder })
  const content = Buffer.concat([Buffer.alloc(8192), pattern(1024).subarray(0, 800), Buffer.alloc(8)])
  expect((await contentOf(disk)).equals(content)).toBe(true)
  await disk.close()
  expect(await failing(sparse(9000, 8192, 800, 799))).toMatch(/^failed.*800 bytes, its header says 799/)
  expect(await failing(sparse(9000, 8192, 809, 809))).toMatch(/^failed.*809 bytes at 8192 of 9000/)
  expect(await failing(sparse(2 ** 60, 0, 800, 800))).toMatch(/^failed/)
})
