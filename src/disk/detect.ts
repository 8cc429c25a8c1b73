import { createGunzip } from 'node:zlib'
import { SindriError } from '../core/error.ts'
import { convertHint } from './damage.ts'
import type { Bytes, DiskFormat } from './disk.ts'
import { readUpTo } from './head.ts'
import { qcow2Magic } from './qcow2-header.ts'
import { readTarHeader, refuseMember, tarBlock } from './tar-header.ts'
import { looksLikeVhdFooter, vhdFooterBytes } from './vhd-footer.ts'
import { looksLikeDescriptor, vmdkMagic } from './vmdk-header.ts'

/** What is often taken for a disk: where which bytes are, what it is then, and what to do. */
const others: readonly (readonly [at: number, text: string, what: string, hint: string])[] = [
  [0, '\xfd7zXZ\0', 'compressed with xz', 'unpack it first: xz -dk <this file>'],
  [0, '\x28\xb5\x2f\xfd', 'compressed with zstd', 'unpack it first: zstd -d <this file>'],
  [0, 'BZh', 'compressed with bzip2', 'unpack it first: bzip2 -dk <this file>'],
  [0, 'PK\x03\x04', 'a zip file', 'unpack it first: unzip <this file>'],
  [0, 'vhdxfile', 'a VHDX disk', convertHint],
  [0, 'COWD', 'a piece of an ESX disk', convertHint],
  [64, '\x7f\x10\xda\xbe', 'a VirtualBox disk (VDI)', convertHint],
  [257, 'ustar', 'a tar file', 'give the disk in it, or compress it: gzip <this file>'],
  [0x8001, 'CD001', 'a CD (ISO 9660), which installs a system and is none', 'give the disk of an installed system'],
]

/** What a disk begins with: a partition table, or a file system without one. */
const signs: readonly (readonly [at: number, text: string])[] = [
  [510, '\x55\xaa'],
  [512, 'EFI PART'],
  [4096, 'EFI PART'],
  [1080, '\x53\xef'],
  [0, 'XFSB'],
  [0x10040, '_BHRfS_M'],
]
const headBytes = 0x10048

/**
 * Tells by its content how a disk is written down; its name plays no part.
 * @throws SindriError `unsupported` when it is something else, or nothing that is known
 */
export async function detectFormat(bytes: Bytes): Promise<DiskFormat> {
  if (bytes.sizeBytes === 0) {
    throw new SindriError('failed', 'the disk is an empty file', { hint: 'make or download it once more' })
  }
  const head = await readUpTo(bytes, 0, headBytes)
  const has = (at: number, text: string): boolean => head.toString('latin1', at, at + text.length) === text
  if (head.length >= 4 && head.readUInt32BE(0) === qcow2Magic) return 'qcow2'
  if (has(0, vmdkMagic) || looksLikeDescriptor(head)) return 'vmdk'
  if (looksLikeVhdFooter(head)) return 'vhd'
  const last = await readUpTo(bytes, Math.max(0, bytes.sizeBytes - vhdFooterBytes), vhdFooterBytes)
  if (looksLikeVhdFooter(last)) return 'vhd'
  if (has(0, '\x1f\x8b')) {
    await refuseOtherGzip(head)
    return 'tar.gz'
  }
  for (const [at, text, what, hint] of others) {
    if (has(at, text)) throw new SindriError('unsupported', `the disk is ${what}`, { hint })
  }
  if (signs.some(([at, text]) => has(at, text))) return 'raw'
  throw new SindriError('unsupported', 'the disk has no known format, partition table or file system', {
    hint: 'check the file; when it is a raw disk nonetheless, say so (release.disk_format: raw)',
  })
}

/** Looks at the first member only. */
async function refuseOtherGzip(head: Buffer): Promise<void> {
  const block = await firstBlock(head)
  const member = block === undefined ? undefined : readTarHeader(block)
  if (member === undefined) {
    throw new SindriError('unsupported', 'the disk is compressed with gzip, and holds no tar file', {
      hint: 'unpack it first: gzip -dk <this file>',
    })
  }
  refuseMember(member)
}

/** The first bytes that a gzip file holds, whatever comes of the rest. */
function firstBlock(packed: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const stream = createGunzip({ chunkSize: tarBlock })
    stream.once('data', (block: Buffer) => {
      resolve(block)
      stream.destroy()
    })
    stream.once('error', () => resolve(undefined))
    stream.once('end', () => resolve(undefined))
    stream.end(packed.subarray(0, 4096))
  })
}
