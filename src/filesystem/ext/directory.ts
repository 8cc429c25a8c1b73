import { SindriError } from '../../core/error.ts'
import { crc32c } from '../crc32c.ts'
import { nameOf } from '../names.ts'
import type { Region } from '../region.ts'
import { blocksOf } from './blocks.ts'
import { inlineData } from './content.ts'
import { type Inode, inodeFlags } from './inode.ts'
import type { Superblock } from './superblock.ts'

/** A name and the inode it stands for. */
interface DirectoryEntry {
  readonly name: string
  readonly inode: number
}

/** Four million names of the longest sort. */
const mostBytes = 2 ** 30

/**
 * The entries of a directory without `.` and `..`. An index is passed over: its blocks look like empty ones.
 * https://docs.kernel.org/filesystems/ext4/dynamic.html#directory-entries (2026-11)
 * @throws SindriError `failed` when it is broken, `unsupported` when it is encrypted
 */
export async function* directoryEntries(
  region: Region,
  superblock: Superblock,
  inode: Inode,
): AsyncGenerator<DirectoryEntry> {
  if ((inode.flags & inodeFlags.encrypted) !== 0) {
    throw new SindriError('unsupported', `directory inode ${inode.number} is encrypted`)
  }
  if ((inode.flags & inodeFlags.inlineData) !== 0) {
    const data = inlineData(inode)
    // The first four bytes are the parent's inode; the attribute's part is a list of its own.
    yield* entriesOf(data.subarray(4, 60), inode, superblock)
    yield* entriesOf(data.subarray(60), inode, superblock)
    return
  }
  const { blockBytes } = superblock
  let left = Math.min(inode.sizeBytes, mostBytes)
  for (const { logical, physical, count } of await blocksOf(region, superblock, inode)) {
    for (let index = 0; index < count; index++) {
      if ((logical + index) * blockBytes >= inode.sizeBytes) return
      if (left <= 0) throw broken(inode, `it has more than ${mostBytes} bytes`)
      left -= blockBytes
      const block = await region.bytes((physical + index) * blockBytes, blockBytes)
      check(block, inode)
      yield* entriesOf(block, inode, superblock)
    }
  }
}

function* entriesOf(block: Buffer, inode: Inode, { inodes, blockBytes }: Superblock): Generator<DirectoryEntry> {
  for (let at = 0; at + 8 <= block.length; ) {
    const said = block.readUInt16LE(at + 4)
    const length = blockBytes === 65_536 && (said === 0 || said === 65_535) ? 65_536 : said
    const number = block.readUInt32LE(at)
    const nameBytes = block[at + 6] ?? 0
    if (length < 8 + (number === 0 ? 0 : nameBytes) || length % 4 !== 0 || at + length > block.length) {
      throw broken(inode, `it has an entry of ${length} bytes`)
    }
    if (number !== 0) {
      const name = nameOf(block.subarray(at + 8, at + 8 + nameBytes))
      if (nameBytes === 0 || name.includes('/') || name.includes('\0')) throw broken(inode, 'it has an impossible name')
      if (number > inodes) throw broken(inode, `it names inode ${number}, and there are ${inodes}`)
      if (name !== '.' && name !== '..') yield { name, inode: number }
    }
    at += length
  }
}

/** Leaves of a directory have a checksum in an entry of its own at their end; blocks of the index have another. */
function check(block: Buffer, inode: Inode): void {
  const tail = block.length - 12
  const hasTail = block.readUInt32LE(tail) === 0 && block.readUInt32LE(tail + 4) === 0xde00_000c
  if (inode.seed === undefined || !hasTail) return
  if (crc32c(inode.seed, block.subarray(0, tail)) !== block.readUInt32LE(tail + 8)) {
    throw broken(inode, 'its checksum is wrong')
  }
}

function broken(inode: Inode, why: string): SindriError {
  return new SindriError('failed', `directory inode ${inode.number} is broken: ${why}`)
}
