import { SindriError } from '../../core/error.ts'
import { nameOf } from '../names.ts'
import type { Region } from '../region.ts'
import { type Content, contentOfRuns } from '../runs.ts'
import { xfsBlocksOf } from './blocks.ts'
import type { XfsInode } from './inode.ts'
import type { XfsSuperblock } from './superblock.ts'

const flag = { local: 0x01, root: 0x02, secure: 0x04, parent: 0x08, incomplete: 0x80 } as const
/** Linux takes no longer values. */
const longest = 65_536
const leafMagics = [0xfbee, 0x3bee]

/**
 * All attributes of an inode, as Linux tells them. XFS Algorithms & Data Structures, chapter 21 (2026-11)
 * @throws SindriError `failed` when they are broken
 */
export async function xfsAttributes(
  region: Region,
  superblock: XfsSuperblock,
  inode: XfsInode,
): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>()
  const { format, raw } = inode.attributes
  const add = (flags: number, name: Buffer, value: Buffer) => {
    if ((flags & (flag.incomplete | flag.parent)) === 0) found.set(...linuxAttribute(flags, name, value))
  }
  if (format === 'local') shortForm(raw, inode, add)
  if (format === 'local' || format === 'none') return found

  const { blockBytes, described } = superblock
  const runs = await xfsBlocksOf(region, superblock, inode, inode.attributes)
  const content = contentOfRuns(region, blockBytes, 2 ** 48, runs)
  for (const { physical, count } of runs) {
    for (let index = 0; index < count; index++) {
      // Nodes of the index and pieces of long values stand among the leaves.
      const block = Buffer.from(await region.bytes((physical + index) * blockBytes, blockBytes))
      if (!leafMagics.includes(block.readUInt16BE(8))) continue
      await leaf(block, described, inode, add, (at, length) => remote(content, superblock, at, length))
    }
  }
  return found
}

type Add = (flags: number, name: Buffer, value: Buffer) => void

function shortForm(raw: Buffer, inode: XfsInode, add: Add): void {
  if (raw.length < 4) throw broken(inode, 'they are cut off')
  let at = 4
  for (let left = raw[2] ?? 0; left > 0; left--) {
    const [nameBytes = 0, valueBytes = 0, flags = 0] = raw.subarray(at, at + 3)
    const end = at + 3 + nameBytes + valueBytes
    if (end > raw.length) throw broken(inode, 'they are cut off')
    add(flags, raw.subarray(at + 3, at + 3 + nameBytes), Buffer.from(raw.subarray(end - valueBytes, end)))
    at = end
  }
}

async function leaf(
  block: Buffer,
  described: boolean,
  inode: XfsInode,
  add: Add,
  remoteValue: (block: number, length: number) => Promise<Buffer>,
): Promise<void> {
  const count = block.readUInt16BE(described ? 56 : 12)
  const start = described ? 80 : 32
  if (start + count * 8 > block.length) throw broken(inode, `a block of them has ${count}`)
  for (let at = start; at < start + count * 8; at += 8) {
    const place = block.readUInt16BE(at + 4)
    const flags = block[at + 6] ?? 0
    const local = (flags & flag.local) !== 0
    const head = local ? 3 : 9
    if (place + head > block.length) throw broken(inode, `one of them is at ${place}`)
    const nameBytes = block[place + head - 1] ?? 0
    const name = block.subarray(place + head, place + head + nameBytes)
    const valueBytes = local ? block.readUInt16BE(place) : block.readUInt32BE(place + 4)
    const valueAt = place + head + nameBytes
    if (valueBytes > longest || (local && valueAt + valueBytes > block.length)) {
      throw broken(inode, `a value has ${valueBytes} bytes`)
    }
    const value = local
      ? Buffer.from(block.subarray(valueAt, valueAt + valueBytes))
      : await remoteValue(block.readUInt32BE(place), valueBytes)
    add(flags, name, value)
  }
}

/** A long value fills blocks, which in version 5 begin with a head of 56 bytes each. */
async function remote(
  content: Content,
  { blockBytes, described }: XfsSuperblock,
  first: number,
  length: number,
): Promise<Buffer> {
  const head = described ? 56 : 0
  const value = Buffer.alloc(length)
  for (let done = 0, block = first; done < length; block++) {
    const piece = value.subarray(done, done + blockBytes - head)
    await content.read(block * blockBytes + head, piece)
    done += piece.length
  }
  return value
}

function linuxAttribute(flags: number, bytes: Buffer, value: Buffer): [string, Buffer] {
  const name = nameOf(bytes)
  const root = (flags & flag.root) !== 0
  if (root && name === 'SGI_ACL_FILE') return ['system.posix_acl_access', linuxAcl(value)]
  if (root && name === 'SGI_ACL_DEFAULT') return ['system.posix_acl_default', linuxAcl(value)]
  return [`${root ? 'trusted' : (flags & flag.secure) !== 0 ? 'security' : 'user'}.${name}`, value]
}

/** An ACL as XFS keeps it, big-endian, as Linux gives it to programs. include/uapi/linux/posix_acl_xattr.h (2026-11) */
function linuxAcl(disk: Buffer): Buffer {
  const count = disk.length < 4 ? 0 : Math.min(disk.readUInt32BE(0), Math.floor((disk.length - 4) / 12))
  const acl = Buffer.alloc(4 + count * 8)
  acl.writeUInt32LE(2, 0)
  for (let index = 0; index < count; index++) {
    const from = 4 + index * 12
    const tag = disk.readUInt32BE(from)
    acl.writeUInt16LE(tag & 0xffff, 4 + index * 8)
    acl.writeUInt16LE(disk.readUInt16BE(from + 8), 6 + index * 8)
    // Only entries of a named user or group have an id.
    acl.writeUInt32LE(tag === 0x02 || tag === 0x08 ? disk.readUInt32BE(from + 4) : 0xffff_ffff, 8 + index * 8)
  }
  return acl
}

function broken(inode: XfsInode, why: string): SindriError {
  return new SindriError('failed', `the extended attributes of inode ${inode.number} are broken: ${why}`)
}
