import { SindriError } from '../../core/error.ts'
import { nameOf } from '../names.ts'
import type { Region } from '../region.ts'
import { contentOfRuns } from '../runs.ts'
import { xfsBlocksOf } from './blocks.ts'
import type { XfsInode } from './inode.ts'
import type { XfsSuperblock } from './superblock.ts'

interface DirectoryEntry {
  readonly name: string
  readonly inode: number
}

/** Names stand before this place of a directory, its index behind it. */
const indexStart = 2 ** 35
/** Four million names of the longest sort. */
const mostBytes = 2 ** 30

/**
 * The entries of a directory without `.` and `..`. XFS Algorithms & Data Structures, chapter 20 (2026-11)
 * @throws SindriError `failed` when it is broken
 */
export async function* xfsEntries(
  region: Region,
  superblock: XfsSuperblock,
  inode: XfsInode,
): AsyncGenerator<DirectoryEntry> {
  if (inode.data.format === 'local') {
    yield* shortForm(inode, superblock)
    return
  }
  const { directoryBytes, blockBytes } = superblock
  const runs = await xfsBlocksOf(region, superblock, inode, inode.data)
  const content = contentOfRuns(region, blockBytes, indexStart, runs)
  const block = Buffer.alloc(directoryBytes)
  let next = 0
  let total = 0
  for (const { logical, count } of runs) {
    const end = Math.min(indexStart, (logical + count) * blockBytes)
    next = Math.max(next, Math.floor((logical * blockBytes) / directoryBytes) * directoryBytes)
    for (; next < end; next += directoryBytes) {
      total += directoryBytes
      if (total > mostBytes) throw broken(inode, `it has more than ${mostBytes} bytes`)
      await content.read(next, block)
      yield* entriesOf(block, inode, superblock)
    }
  }
}

function* entriesOf(block: Buffer, inode: XfsInode, superblock: XfsSuperblock): Generator<DirectoryEntry> {
  const magic = block.toString('latin1', 0, 4)
  const alone = magic === 'XD2B' || magic === 'XDB3'
  if (!alone && magic !== 'XD2D' && magic !== 'XDD3') throw broken(inode, 'a block of it has no magic number')
  // A directory of one block has its index at the end of it.
  const indexed = alone ? 8 + block.readUInt32BE(block.length - 8) * 8 : 0
  const end = block.length - indexed
  for (let at = superblock.described ? 64 : 16; at < end; ) {
    const free = block.readUInt16BE(at) === 0xffff
    if (at + (free ? 4 : 12) > end) throw broken(inode, 'an entry is cut off')
    const nameBytes = block[at + 8] ?? 0
    const length = free
      ? block.readUInt16BE(at + 2)
      : Math.ceil((11 + nameBytes + (superblock.namesHaveKind ? 1 : 0)) / 8) * 8
    if (length < 8 || length % 8 !== 0 || at + length > end) throw broken(inode, `it has an entry of ${length} bytes`)
    if (!free) yield* named(block.subarray(at + 9, at + 9 + nameBytes), block.readBigUInt64BE(at), inode)
    at += length
  }
}

/** Few names stand in the inode itself. */
function* shortForm(inode: XfsInode, { namesHaveKind }: XfsSuperblock): Generator<DirectoryEntry> {
  const raw = inode.data.raw.subarray(0, inode.sizeBytes)
  if (raw.length < 6) throw broken(inode, 'it is cut off')
  const wide = (raw[1] ?? 0) > 0
  const count = (wide ? raw[1] : raw[0]) ?? 0
  let at = wide ? 10 : 6
  for (let index = 0; index < count; index++) {
    const nameBytes = raw[at] ?? 0
    const after = at + 3 + nameBytes + (namesHaveKind ? 1 : 0)
    if (after + (wide ? 8 : 4) > raw.length) throw broken(inode, 'it is cut off')
    const number = wide ? raw.readBigUInt64BE(after) : BigInt(raw.readUInt32BE(after))
    yield* named(raw.subarray(at + 3, at + 3 + nameBytes), number, inode)
    at = after + (wide ? 8 : 4)
  }
}

function* named(bytes: Buffer, number: bigint, inode: XfsInode): Generator<DirectoryEntry> {
  const name = nameOf(bytes)
  if (name === '' || name.includes('/') || name.includes('\0')) throw broken(inode, 'it has an impossible name')
  if (name !== '.' && name !== '..') yield { name, inode: Number(number) }
}

function broken(inode: XfsInode, why: string): SindriError {
  return new SindriError('failed', `directory inode ${inode.number} is broken: ${why}`)
}
