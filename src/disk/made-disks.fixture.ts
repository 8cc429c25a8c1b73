import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { Bytes, Disk, Extent } from './disk.ts'
import { checkRange } from './runs.ts'
import { tarBlock, tarChecksum } from './tar-header.ts'
import { vhdChecksum } from './vhd-footer.ts'

/** A file in memory that counts what is read of it. */
export interface MemoryFile extends Bytes {
  readonly bytesRead: () => number
}

export function inMemory(
  data: Uint8Array,
  extents: readonly Extent[] = [{ offset: 0, length: data.length }],
): MemoryFile {
  let bytesRead = 0
  return {
    sizeBytes: data.length,
    bytesRead: () => bytesRead,
    extents: async () => extents,
    read: async (offset, into) => {
      checkRange(offset, into.length, data.length)
      bytesRead += into.length
      into.set(data.subarray(offset, offset + into.length))
    },
    close: async () => undefined,
  }
}

/** Everything a machine would see, read in pieces that fit nothing. */
export async function contentOf(disk: Pick<Disk, 'sizeBytes' | 'read'>, step = 7001): Promise<Buffer> {
  const content = Buffer.alloc(disk.sizeBytes, 0xee)
  for (let at = 0; at < content.length; at += step) await disk.read(at, content.subarray(at, at + step))
  return content
}

/** Bytes that are not zeros and nowhere the same. */
export function pattern(length: number, seed = 1): Buffer {
  const data = Buffer.alloc(length)
  for (let at = 0; at < length; at += 1) data[at] = 1 + ((at * 31 + (at >> 8) * 17 + seed * 101) % 255)
  return data
}

export const cluster = 4096

/** A qcow2 of four clusters of 4 KiB: plain, compressed, marked as zeros, and none. */
export function makeQcow2(compression: 'zlib' | 'zstd' = 'zlib'): { readonly file: Buffer; readonly content: Buffer } {
  const file = Buffer.alloc(6 * cluster)
  file.writeUInt32BE(0x514649fb, 0)
  file.writeUInt32BE(3, 4)
  file.writeUInt32BE(12, 20)
  file.writeBigUInt64BE(BigInt(4 * cluster), 24)
  file.writeUInt32BE(1, 36)
  file.writeBigUInt64BE(BigInt(cluster), 40)
  file.writeBigUInt64BE(BigInt(4 * cluster), 48)
  file.writeUInt32BE(1, 56)
  file.writeBigUInt64BE(compression === 'zstd' ? 8n : 0n, 72)
  file.writeUInt32BE(4, 96)
  file.writeUInt32BE(112, 100)
  file.writeUInt8(compression === 'zstd' ? 1 : 0, 104)
  file.writeBigUInt64BE((1n << 63n) | BigInt(2 * cluster), cluster)
  const plain = pattern(cluster, 1)
  const other = pattern(cluster, 2)
  const packed = compression === 'zstd' ? zstdCompressSync(other) : deflateRawSync(other)
  // It begins in the middle of a sector, and other bytes follow it.
  const at = 5 * cluster + 100
  packed.copy(file, at)
  file.fill(0xab, at + packed.length)
  const sectors = BigInt(Math.floor((at + packed.length - 1) / 512) - Math.floor(at / 512))
  file.writeBigUInt64BE((1n << 63n) | BigInt(3 * cluster), 2 * cluster)
  file.writeBigUInt64BE((1n << 62n) | (sectors << 58n) | BigInt(at), 2 * cluster + 8)
  // A cluster of zeros may keep a place, whose bytes do not count.
  file.writeBigUInt64BE(BigInt(3 * cluster) | 1n, 2 * cluster + 16)
  plain.copy(file, 3 * cluster)
  return { file, content: Buffer.concat([plain, other, Buffer.alloc(2 * cluster)]) }
}

/** A dynamic VHD of three blocks of 4 KiB: the second is missing, of the third only the second sector was written. */
export function makeDynamicVhd(): { readonly file: Buffer; readonly content: Buffer } {
  const sizeBytes = 2 * cluster + 1536
  const footer = Buffer.alloc(512)
  footer.write('conectix')
  footer.writeBigUInt64BE(512n, 16)
  footer.writeBigUInt64BE(BigInt(sizeBytes), 48)
  footer.writeUInt32BE(3, 60)
  footer.writeUInt32BE(vhdChecksum(footer, 64), 64)
  const header = Buffer.alloc(1024)
  header.write('cxsparse')
  header.writeBigUInt64BE(1536n, 16)
  header.writeUInt32BE(3, 28)
  header.writeUInt32BE(cluster, 32)
  header.writeUInt32BE(vhdChecksum(header, 36), 36)
  const table = Buffer.alloc(512, 0xff)
  table.writeUInt32BE(4, 0)
  table.writeUInt32BE(13, 8)
  const bitmap = (bits: number): Buffer => Buffer.concat([Buffer.from([bits]), Buffer.alloc(511)])
  const data = pattern(2 * cluster)
  const blocks = [bitmap(0xff), data.subarray(0, cluster), bitmap(0x40), data.subarray(cluster)]
  const content = Buffer.alloc(sizeBytes)
  data.copy(content, 0, 0, cluster)
  data.copy(content, 2 * cluster + 512, cluster + 512, cluster + 1024)
  return { file: Buffer.concat([footer, header, table, ...blocks, footer]), content }
}

/** A sparse VMDK of grains of 4 KiB: the first is there, the second of zeros, the third missing, of the last a part. */
export function makeVmdk(compressed: boolean): { readonly file: Buffer; readonly content: Buffer } {
  const sizeBytes = 3 * cluster + 512
  const file = Buffer.alloc(24 * 512)
  file.write('KDMV')
  file.writeUInt32LE(1, 4)
  file.writeUInt32LE(compressed ? 0x30001 : 5, 8)
  file.writeBigUInt64LE(BigInt(sizeBytes / 512), 12)
  file.writeBigUInt64LE(8n, 20)
  file.writeBigUInt64LE(1n, 28)
  file.writeBigUInt64LE(1n, 36)
  file.writeUInt32LE(512, 44)
  file.writeBigUInt64LE(2n, 56)
  file.writeUInt16LE(compressed ? 1 : 0, 77)
  file.write(
    `# Disk DescriptorFile\nparentCID=ffffffff\ncreateType="${compressed ? 'streamOptimized' : 'monolithicSparse'}"\n`,
    512,
  )
  file.writeUInt32LE(3, 1024)
  for (const [index, place] of [8, 1, 0, 16].entries()) file.writeUInt32LE(place, 1536 + index * 4)
  const [first, last] = [pattern(cluster, 3), pattern(512, 4)]
  for (const [at, data] of [[8 * 512, first] as const, [16 * 512, last] as const]) {
    const small = deflateSync(data)
    if (compressed) file.writeUInt32LE(small.length, at + 8)
    file.set(compressed ? small : data, compressed ? at + 12 : at)
  }
  return { file, content: Buffer.concat([first, Buffer.alloc(2 * cluster), last]) }
}

/** A gzipped tar file with one member. */
export function makeTarGz(data: Uint8Array, name = 'disk.raw', change?: (header: Buffer) => void): Buffer {
  const header = Buffer.alloc(tarBlock)
  header.write(name)
  header.write('0000644\0', 100)
  header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('0', 156)
  header.write('ustar  \0', 257)
  change?.(header)
  header.write(`${tarChecksum(header).toString(8).padStart(6, '0')}\0 `, 148)
  return gzipSync(Buffer.concat([header, data, Buffer.alloc(1024 + ((512 - (data.length % 512)) % 512))]))
}
