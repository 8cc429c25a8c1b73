import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { SindriError } from '../core/error.ts'
import type { Bytes, Disk, DiskFormat } from './disk.ts'
import { inMemory, makeDynamicVhd, makeQcow2, makeTarGz, makeVmdk, pattern } from './made-disks.fixture.ts'
import { openDisk } from './open-disk.ts'
import { tarChecksum } from './tar-header.ts'
import { vhdChecksum } from './vhd-footer.ts'
import { asTar } from './write-tar-gz.ts'

const folder = await mkdtemp(join(tmpdir(), 'sindri-hostile-'))
afterAll(() => rm(folder, { recursive: true }))

/** Numbers that break what is not checked: borders of widths, and small ones. */
const number = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, 511n, 512n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 40n, 1n << 53n, 1n << 63n),
  fc.constant((1n << 64n) - 1n),
  fc.bigInt(0n, 70_000n),
  fc.bigInt(0n, (1n << 64n) - 1n),
)
interface Change {
  readonly at: number
  readonly width: number
  readonly little: boolean
  readonly number: bigint
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(1 << 15),
  width: fc.constantFrom(1, 2, 4, 8),
  little: fc.boolean(),
  number,
})
const changes = fc.array(change, { minLength: 1, maxLength: 4 })

/** The header and the tables: where changes fall. */
function hostile(file: Buffer, list: readonly Change[], end: number): Buffer {
  const copy = Buffer.from(file)
  for (const { at, width, little, number: value } of list) {
    const bytes = Buffer.alloc(8)
    if (little) bytes.writeBigUInt64LE(value)
    else bytes.writeBigUInt64BE(BigInt.asUintN(64, value << BigInt(64 - width * 8)))
    copy.set(bytes.subarray(0, width), at % (Math.min(end, file.length) - width))
  }
  return copy
}

/** Opens and reads; whatever is told of the disk, only its beginning, its end and some of its extents are read. */
async function use(file: Bytes, format: DiskFormat): Promise<Disk | undefined> {
  let disk: Disk | undefined
  try {
    disk = await openDisk(file, { format, folder })
    const { sizeBytes, extents } = disk
    const runs = [...extents.slice(0, 8), ...extents.slice(-8)]
    for (const offset of [0, Math.max(0, sizeBytes - 9000), ...runs.map((run) => run.offset)]) {
      await disk.read(offset, Buffer.alloc(Math.min(9000, sizeBytes - offset)))
    }
    return disk
  } catch (error) {
    if (!(error instanceof SindriError)) throw error
    expect(error.message.length).toBeLessThan(400)
    return undefined
  } finally {
    await disk?.close()
  }
}

const vhd = makeDynamicVhd().file
const fixed = Buffer.concat([pattern(4096), vhd.subarray(-512)])

/** Makes the checksums right again, so that the changes get past them. */
function summed(file: Buffer): Buffer {
  for (const footer of [file.subarray(0, 512), file.subarray(-512)]) footer.writeUInt32BE(vhdChecksum(footer, 64), 64)
  const header = file.subarray(512, 1536)
  header.writeUInt32BE(vhdChecksum(header, 36), 36)
  return file
}

/** As `summed`, for a fixed disk, whose only header is at the end. */
function footed(file: Buffer): Buffer {
  const footer = file.subarray(-512)
  footer.write('conectix')
  footer.writeUInt32BE(2, 60)
  footer.writeUInt32BE(vhdChecksum(footer, 64), 64)
  return file
}

const cases: readonly (readonly [name: string, format: DiskFormat, make: (list: Change[]) => Buffer])[] = [
  ['qcow2 header', 'qcow2', (list) => hostile(makeQcow2().file, list, 112)],
  ['qcow2 tables', 'qcow2', (list) => hostile(makeQcow2('zstd').file.subarray(0), list, 1 << 15)],
  ['VHD headers and table', 'vhd', (list) => summed(hostile(vhd, list, 1600))],
  ['VHD checksums', 'vhd', (list) => hostile(vhd, list, 1600)],
  ['fixed VHD', 'vhd', (list) => footed(hostile(fixed, list, 1 << 15))],
  ['VMDK', 'vmdk', (list) => hostile(makeVmdk(false).file, list, 1600)],
  ['compressed VMDK', 'vmdk', (list) => hostile(makeVmdk(true).file, list, 8 * 512 + 200)],
  [
    'VMDK description',
    'vmdk',
    (list) => Buffer.concat([Buffer.from('# Disk DescriptorFile'), hostile(vhd, list, 900)]),
  ],
  ['tar.gz, packed bytes', 'tar.gz', (list) => hostile(makeTarGz(pattern(9000)), list, 1 << 15)],
]

test.each(cases)('%s: a lie is an error, and costs no more than the file is large', async (_, format, make) => {
  await fc.assert(
    fc.asyncProperty(changes, async (list) => {
      const data = make(list)
      const file = inMemory(data)
      await use(file, format)
      // Each byte of tables once at opening, and some reads.
      expect(file.bytesRead()).toBeLessThan(4 * data.length + (1 << 20))
    }),
    { numRuns: 400 },
  )
})

test('tar headers: a lie is an error, and the sum of its runs bounds what is written', async () => {
  const runs = Array.from({ length: 30 }, (_, index) => ({ offset: index * 8192, length: 4096 }))
  const tar = asTar(await openDisk(inMemory(Buffer.alloc(300_000, 7), runs), { format: 'raw' }))
  const whole = Buffer.alloc(tar.sizeBytes)
  await tar.read(0, whole)
  await fc.assert(
    fc.asyncProperty(changes, async (list) => {
      const changed = hostile(whole, list, 1536)
      changed.write(`${tarChecksum(changed).toString(8).padStart(6, '0')}\0 `, 148)
      const packed = gzipSync(changed, { level: 1 })
      expect(gunzipSync(packed).length).toBe(whole.length)
      const disk = await use(inMemory(packed), 'tar.gz')
      for (const { offset, length } of disk?.extents ?? [])
        expect(offset + length).toBeLessThanOrEqual(disk?.sizeBytes ?? 0)
    }),
    { numRuns: 300 },
  )
  expect(await readdir(folder)).toEqual([])
})

test('any bytes at all are a format, or an error', async () => {
  const formats = ['raw', 'qcow2', 'vhd', 'vmdk', 'tar.gz'] as const
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), fc.constantFrom(...formats), async (data, format) => {
      await use(inMemory(data), format)
    }),
    { numRuns: 500 },
  )
})

/** A file that is told to be large, and is zeros but for its beginning: sparse, as anyone can make one. */
function large(head: Buffer, sizeBytes: number): Bytes & { readonly bytesRead: () => number } {
  let bytesRead = 0
  return {
    sizeBytes,
    bytesRead: () => bytesRead,
    extents: async () => [{ offset: 0, length: sizeBytes }],
    read: async (offset, into) => {
      bytesRead += into.length
      into.fill(0)
      if (offset < head.length) into.set(head.subarray(offset, offset + into.length))
    },
    close: async () => undefined,
  }
}

test('a table whose every entry points to one other table does not multiply', async () => {
  const cluster = 512
  const entries = 4000
  const head = Buffer.alloc(cluster + entries * 8)
  makeQcow2().file.copy(head, 0, 0, 104)
  head.writeUInt32BE(9, 20)
  head.writeBigUInt64BE(BigInt(entries * 64 * cluster), 24)
  head.writeUInt32BE(entries, 36)
  head.writeBigUInt64BE(BigInt(cluster), 40)
  for (let entry = 0; entry < entries; entry += 1) head.writeBigUInt64BE(BigInt(cluster * 100), cluster + entry * 8)
  const file = large(head, 1 << 30)
  await expect(openDisk(file)).rejects.toThrow(/two L1 entries/)
  expect(file.bytesRead()).toBeLessThan(1 << 18)
})

test('a size that needs tables too large for memory is refused before they are read', async () => {
  const tooLarge = Buffer.from(makeQcow2().file)
  tooLarge.writeBigUInt64BE(1n << 60n, 24)
  tooLarge.writeUInt32BE(0xffffffff, 36)
  const file = large(tooLarge, 2 ** 45)
  await expect(openDisk(file)).rejects.toMatchObject({ code: 'unsupported' })
  const wide = Buffer.from(makeVmdk(false).file)
  wide.writeBigUInt64LE(1n << 43n, 12)
  const other = large(wide, 2 ** 45)
  await expect(openDisk(other)).rejects.toMatchObject({ code: 'unsupported' })
  expect(file.bytesRead() + other.bytesRead()).toBeLessThan(1 << 20)
})
