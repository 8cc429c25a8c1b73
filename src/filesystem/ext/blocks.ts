import { collectRuns } from '../collect-runs.ts'
import type { Region } from '../region.ts'
import type { Run } from '../runs.ts'
import { extentRuns } from './extents.ts'
import { indirectRuns } from './indirect.ts'
import { type Inode, inodeFlags } from './inode.ts'
import type { Superblock } from './superblock.ts'

/**
 * Where the blocks of an inode are, in the order of the file.
 * @throws SindriError `failed` when the map is cyclic, out of order, points beyond the end, or names more blocks than there are
 */
export async function blocksOf(region: Region, superblock: Superblock, inode: Inode): Promise<readonly Run[]> {
  const runs = collectRuns(superblock.blocks, `the block map of inode ${inode.number}`)
  const map = inode.raw.subarray(40, 100)
  if ((inode.flags & inodeFlags.extents) !== 0) await extentRuns(region, superblock, inode, map, runs)
  else await indirectRuns(region, superblock, inode, map, runs)
  return runs.list
}
