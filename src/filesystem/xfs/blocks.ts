import { SindriError } from '../../core/error.ts'
import { collectRuns, type Runs } from '../collect-runs.ts'
import type { Region } from '../region.ts'
import type { Run } from '../runs.ts'
import type { Fork, XfsInode } from './inode.ts'
import type { XfsSuperblock } from './superblock.ts'

/** Linux makes no deeper trees. */
const deepest = 9

/**
 * Where the blocks of a fork are, in the order of the file; what was reserved and never written is left out.
 * XFS Algorithms & Data Structures, chapter 19 (2026-11)
 * @throws SindriError `failed` when the map is cyclic, out of order or points beyond the end
 */
export async function xfsBlocksOf(
  region: Region,
  superblock: XfsSuperblock,
  inode: XfsInode,
  fork: Fork,
): Promise<readonly Run[]> {
  const { blockBytes, blocks, described } = superblock
  const what = `the block map of inode ${inode.number}`
  const runs = collectRuns(blocks, what)
  const broken = (why: string) => new SindriError('failed', `${what} is broken: ${why}`)
  const header = described ? 72 : 24

  async function follow(block: number, level: number): Promise<void> {
    runs.visit(block)
    const raw = Buffer.from(await region.bytes(block * blockBytes, blockBytes))
    const magic = raw.toString('latin1', 0, 4)
    if (magic !== (described ? 'BMA3' : 'BMAP')) throw broken(`block ${block} has no magic number`)
    if (raw.readUInt16BE(4) !== level) throw broken(`block ${block} is of level ${raw.readUInt16BE(4)}`)
    const count = raw.readUInt16BE(6)
    const fits = Math.floor((blockBytes - header) / 16)
    if (count > fits) throw broken(`block ${block} has ${count} entries`)
    if (level === 0) records(superblock, raw.subarray(header), count, runs)
    else await children(raw, header + fits * 8, count, level)
  }

  async function children(raw: Buffer, at: number, count: number, level: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await follow(linearBlock(superblock, raw.readBigUInt64BE(at + index * 8)), level - 1)
    }
  }

  if (fork.format === 'extents') {
    if (fork.extents * 16 > fork.raw.length) throw broken(`it has ${fork.extents} pieces in the inode`)
    records(superblock, fork.raw, fork.extents, runs)
  } else if (fork.format === 'btree') {
    const level = fork.raw.readUInt16BE(0)
    const count = fork.raw.readUInt16BE(2)
    const fits = Math.floor((fork.raw.length - 4) / 16)
    if (level === 0 || level > deepest || count > fits) throw broken(`its root has level ${level} and ${count} entries`)
    await children(fork.raw, 4 + fits * 8, count, level)
  }
  return runs.list
}

/** Blocks are numbered with their group in the high bits. */
function linearBlock({ groupSpan, groupBlocks }: XfsSuperblock, number: bigint): number {
  const span = BigInt(groupSpan)
  return Number((number / span) * BigInt(groupBlocks) + (number % span))
}

function records(superblock: XfsSuperblock, raw: Buffer, count: number, runs: Runs): void {
  for (let at = 0; at < count * 16; at += 16) {
    const high = raw.readBigUInt64BE(at)
    const low = raw.readBigUInt64BE(at + 8)
    const unwritten = high >> 63n !== 0n
    const logical = Number((high >> 9n) & ((1n << 54n) - 1n))
    const length = Number(low & ((1n << 21n) - 1n))
    if (unwritten || length === 0) continue
    runs.add(logical, linearBlock(superblock, ((high & 0x1ffn) << 43n) | (low >> 21n)), length)
  }
}
