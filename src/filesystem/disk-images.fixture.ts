import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, gunzipSync } from 'node:zlib'
import type { FileTree } from './file-tree.ts'
import { fileTree } from './file-tree.ts'
import { memoryDisk } from './memory-disk.fixture.ts'
import { openVolume } from './open-volume.ts'
import { regionOf } from './region.ts'

/** A file system that fixtures/make.sh made. */
export function fixture(name: 'ext4' | 'ext4-inline' | 'ext2' | 'xfs' | 'fat12'): Buffer {
  return gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures', `${name}.img.gz`)))
}

/** The files in an image; fails when they cannot be read. */
export async function filesOf(image: Uint8Array): Promise<FileTree> {
  const content = await openVolume(regionOf(memoryDisk(image), 'the disk'))
  if (content?.volume === undefined) throw new Error(content?.unreadable ?? 'nothing known')
  return fileTree(content.volume)
}

interface Slice {
  /** A type GUID in capitals. */
  readonly type: string
  readonly name?: string
  readonly first: number
  readonly last: number
  readonly bytes?: Uint8Array
}

export const esp = 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B'
export const biosBoot = '21686148-6449-6E6F-744E-656564454649'
export const linux = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'

/** A disk with a GPT, its backup at the end, and a protective MBR. Places are in sectors. */
export function gptDisk(sectors: number, slices: readonly Slice[], sectorBytes = 512): Buffer {
  const disk = Buffer.alloc(sectors * sectorBytes)
  const entries = Buffer.alloc(128 * 128)
  for (const [index, { type, name = '', first, last, bytes }] of slices.entries()) {
    const at = index * 128
    guidBytes(type).copy(entries, at)
    entries.fill(index + 1, at + 16, at + 32)
    entries.writeBigUInt64LE(BigInt(first), at + 32)
    entries.writeBigUInt64LE(BigInt(last), at + 40)
    entries.write(name, at + 56, 'utf16le')
    if (bytes !== undefined) disk.set(bytes, first * sectorBytes)
  }
  const entrySectors = entries.length / sectorBytes
  disk.set(entries, 2 * sectorBytes)
  disk.set(entries, (sectors - 1 - entrySectors) * sectorBytes)
  disk.set(gptHeader(1, sectors - 1, 2, entries), sectorBytes)
  disk.set(gptHeader(sectors - 1, 1, sectors - 1 - entrySectors, entries), (sectors - 1) * sectorBytes)
  disk.set(mbrSector([{ type: 0xee, first: 1, count: sectors - 1 }]))
  return disk
}

function gptHeader(own: number, other: number, entriesAt: number, entries: Buffer): Buffer {
  const header = Buffer.alloc(92)
  header.write('EFI PART\0\0\x01\0', 'latin1')
  header.writeUInt32LE(92, 12)
  const numbers = [own, other, 34, other - 34]
  for (const [index, value] of numbers.entries()) header.writeBigUInt64LE(BigInt(Math.max(0, value)), 24 + index * 8)
  header.writeBigUInt64LE(BigInt(entriesAt), 72)
  header.writeUInt32LE(128, 80)
  header.writeUInt32LE(128, 84)
  header.writeUInt32LE(crc32(entries), 88)
  header.writeUInt32LE(crc32(header), 16)
  return header
}

function guidBytes(guid: string): Buffer {
  const plain = Buffer.from(guid.replaceAll('-', ''), 'hex')
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Buffer.from(order.map((index) => plain[index] ?? 0))
}

/** A boot record with up to four partitions, in sectors of 512 bytes. */
export function mbrSector(
  entries: readonly { readonly type: number; readonly first: number; readonly count: number }[],
): Buffer {
  const sector = Buffer.alloc(512)
  for (const [index, { type, first, count }] of entries.entries()) {
    const at = 446 + index * 16
    sector[at + 4] = type
    sector.writeUInt32LE(first, at + 8)
    sector.writeUInt32LE(count, at + 12)
  }
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}
