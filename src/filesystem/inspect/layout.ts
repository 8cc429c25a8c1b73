import type { Disk } from '../../disk/disk.ts'
import { type FileTree, fileTree } from '../file-tree.ts'
import { type Content, openVolume } from '../open-volume.ts'
import type { Partition, PartitionTable } from '../partition.ts'
import { partitions } from '../partitions.ts'
import { regionOf } from '../region.ts'

/** A partition, or the whole disk where there are none, and what is in it. */
export interface Part {
  /** `partition 3`, `the disk`. */
  readonly name: string
  readonly partition: Partition | undefined
  /** `undefined` when nothing known is in it. */
  readonly content: Content | undefined
  /** Its files, where they can be read. */
  readonly files: FileTree | undefined
}

/** A disk's table and everything in it that could be opened. */
export interface Layout {
  readonly table: PartitionTable
  readonly parts: readonly Part[]
}

/** Opens every file system of a disk. A disk with a broken or unknown layout has few parts or none, and says why. */
export async function openLayout(disk: Disk): Promise<Layout> {
  const table = await partitions(disk)
  const parts: Part[] = []
  if (table.scheme === 'none') parts.push(await partOf(disk, 'the disk', undefined))
  for (const partition of table.partitions) parts.push(await partOf(disk, `partition ${partition.number}`, partition))
  return { table, parts }
}

async function partOf(disk: Disk, name: string, partition: Partition | undefined): Promise<Part> {
  const offset = partition?.offset ?? 0
  if (offset >= disk.sizeBytes) return { name, partition, content: undefined, files: undefined }
  const sizeBytes = Math.min(partition?.sizeBytes ?? disk.sizeBytes, disk.sizeBytes - offset)
  const content = await openVolume(regionOf(disk, name, offset, sizeBytes))
  const files = content?.volume === undefined ? undefined : fileTree(content.volume)
  return { name, partition, content, files }
}
