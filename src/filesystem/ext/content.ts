import { SindriError } from '../../core/error.ts'
import type { Region } from '../region.ts'
import { type Content, contentOfRuns } from '../runs.ts'
import { inodeAttributes } from './attributes.ts'
import { blocksOf } from './blocks.ts'
import { type Inode, inodeFlags } from './inode.ts'
import type { Superblock } from './superblock.ts'

/** Opens what an inode holds. @throws SindriError `unsupported` when it is encrypted, `failed` when its map is broken */
export async function contentOf(region: Region, superblock: Superblock, inode: Inode): Promise<Content> {
  if ((inode.flags & inodeFlags.encrypted) !== 0) {
    throw new SindriError('unsupported', `inode ${inode.number} is encrypted`)
  }
  if ((inode.flags & inodeFlags.inlineData) !== 0) return inMemory(inlineData(inode), inode.sizeBytes)
  return contentOfRuns(region, superblock.blockBytes, inode.sizeBytes, await blocksOf(region, superblock, inode))
}

/** What an inode holds in itself, at most a block: the place of the block map first, then an attribute. */
export function inlineData(inode: Inode): Buffer {
  const rest = inodeAttributes(inode).find(({ name }) => name === 'system.data')
  const all = Buffer.concat([inode.raw.subarray(40, 100), rest?.value ?? Buffer.alloc(0)])
  return all.subarray(0, Math.min(inode.sizeBytes, all.length))
}

/** A file may be longer than what is there, and ends in zeros then, as Linux reads it: mke2fs makes such holes. */
function inMemory(bytes: Buffer, sizeBytes: number): Content {
  return {
    async read(offset, into) {
      const length = Math.max(0, Math.min(into.length, sizeBytes - offset))
      const copied = offset < bytes.length ? bytes.copy(into, 0, offset, offset + length) : 0
      into.fill(0, copied, length)
      return length
    },
  }
}
