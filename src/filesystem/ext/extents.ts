import { SindriError } from '../../core/error.ts'
import type { Runs } from '../collect-runs.ts'
import { crc32c } from '../crc32c.ts'
import type { Region } from '../region.ts'
import type { Inode } from './inode.ts'
import type { Superblock } from './superblock.ts'

/** Linux makes no deeper trees. */
const deepest = 5
/** A longer extent is one of this length less that holds zeros, whatever the disk has there. */
const longestWritten = 32_768

/** Reads an extent tree. https://docs.kernel.org/filesystems/ext4/dynamic.html#extent-tree (2026-11) */
export async function extentRuns(
  region: Region,
  superblock: Superblock,
  inode: Inode,
  root: Buffer,
  runs: Runs,
): Promise<void> {
  const broken = (why: string) =>
    new SindriError('failed', `the extent tree of inode ${inode.number} is broken: ${why}`)

  async function follow(node: Buffer, wanted: number | undefined): Promise<void> {
    if (node.readUInt16LE(0) !== 0xf30a) throw broken('a node of it has no magic number')
    const count = node.readUInt16LE(2)
    const depth = node.readUInt16LE(6)
    if (12 + count * 12 > node.length) throw broken(`a node of it has ${count} entries`)
    if (depth > deepest || (wanted !== undefined && depth !== wanted)) throw broken(`a node of it has depth ${depth}`)
    for (let at = 12; at < 12 + count * 12; at += 12) {
      if (depth === 0) leaf(node, at)
      else await child(node.readUInt32LE(at + 4) + node.readUInt16LE(at + 8) * 2 ** 32, depth - 1)
    }
  }

  function leaf(node: Buffer, at: number): void {
    const length = node.readUInt16LE(at + 4)
    if (length > longestWritten || length === 0) return
    runs.add(node.readUInt32LE(at), node.readUInt16LE(at + 6) * 2 ** 32 + node.readUInt32LE(at + 8), length)
  }

  async function child(block: number, depth: number): Promise<void> {
    runs.visit(block)
    const node = Buffer.from(await region.bytes(block * superblock.blockBytes, superblock.blockBytes))
    const tail = 12 + node.readUInt16LE(4) * 12
    if (inode.seed !== undefined && tail + 4 <= node.length) {
      if (crc32c(inode.seed, node.subarray(0, tail)) !== node.readUInt32LE(tail)) {
        throw broken(`the checksum of block ${block} is wrong`)
      }
    }
    await follow(node, depth)
  }

  await follow(root, undefined)
}
