import type { Runs } from '../collect-runs.ts'
import type { Region } from '../region.ts'
import type { Inode } from './inode.ts'
import type { Superblock } from './superblock.ts'

/** Reads a block map of ext2 and ext3. https://docs.kernel.org/filesystems/ext4/dynamic.html#direct-indirect-block-addressing (2026-11) */
export async function indirectRuns(
  region: Region,
  { blockBytes }: Superblock,
  inode: Inode,
  map: Buffer,
  runs: Runs,
): Promise<void> {
  const wanted = Math.ceil(inode.sizeBytes / blockBytes)
  const perBlock = blockBytes / 4
  let logical = 0

  async function follow(pointers: Buffer, depth: number): Promise<void> {
    const covered = perBlock ** depth
    for (let at = 0; at < pointers.length && logical < wanted; at += 4) {
      const block = pointers.readUInt32LE(at)
      if (block === 0 || depth === 0) {
        if (block !== 0) runs.add(logical, block, 1)
        logical += covered
        continue
      }
      runs.visit(block)
      await follow(Buffer.from(await region.bytes(block * blockBytes, blockBytes)), depth - 1)
    }
  }

  await follow(map.subarray(0, 48), 0)
  for (const depth of [1, 2, 3]) await follow(map.subarray(44 + depth * 4, 48 + depth * 4), depth)
}
