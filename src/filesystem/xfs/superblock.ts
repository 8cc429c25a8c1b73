import { SindriError } from '../../core/error.ts'
import { uuidOf } from '../guid.ts'
import type { Region } from '../region.ts'

/** What the superblock of XFS says, checked so far that the rest can rely on it. */
export interface XfsSuperblock {
  /** Version 5, whose blocks say what they are. */
  readonly described: boolean
  readonly label: string
  readonly uuid: string
  readonly blockBytes: number
  readonly blocks: number
  readonly freeBlocks: number
  readonly rootInode: number
  readonly inodeBytes: number
  readonly inodesPerBlock: number
  readonly groupBlocks: number
  readonly groups: number
  /** A group's number of blocks as numbers of blocks and inodes reckon with: the next power of two. */
  readonly groupSpan: number
  readonly directoryBytes: number
  /** Names in directories say what kind of thing they are. */
  readonly namesHaveKind: boolean
}

// Names of incompatible features. fs/xfs/libxfs/xfs_format.h of Linux 6.12 (2026-11)
const incompatible = ['ftype', 'spinodes', 'meta_uuid', 'bigtime', 'needsrepair', 'nrext64', 'exchrange', 'parent']
const readable = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x80

/**
 * Reads the superblock. XFS Algorithms & Data Structures, chapter 13 (2026-11)
 * @throws SindriError `unsupported` for what Sindri cannot read, `failed` when it is broken
 */
export async function readXfsSuperblock(region: Region): Promise<XfsSuperblock> {
  const raw = await region.bytes(0, 512)
  const version = raw.readUInt16BE(100) & 0xf
  if (version !== 4 && version !== 5)
    throw new SindriError('unsupported', `Sindri does not read XFS version ${version}`)
  const features = version === 5 ? raw.readUInt32BE(216) : 0
  const unknown = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((features & ~readable) >>> bit) & 1)
  if (unknown.length > 0) {
    const names = unknown.map((bit) => incompatible[bit] ?? `0x${(2 ** bit).toString(16)}`)
    throw new SindriError('unsupported', `Sindri does not read XFS with the feature ${names.join(', ')}`)
  }
  const blockBytes = raw.readUInt32BE(4)
  const inodeBytes = raw.readUInt16BE(104)
  const groupBlocks = raw.readUInt32BE(84)
  const found: XfsSuperblock = {
    described: version === 5,
    label: raw.toString('utf8', 108, 120).replace(/\0.*$/s, ''),
    uuid: uuidOf(raw.subarray(32, 48)),
    blockBytes,
    blocks: Number(raw.readBigUInt64BE(8)),
    freeBlocks: Number(raw.readBigUInt64BE(144)),
    rootInode: Number(raw.readBigUInt64BE(56)),
    inodeBytes,
    inodesPerBlock: blockBytes / inodeBytes,
    groupBlocks,
    groups: raw.readUInt32BE(88),
    groupSpan: 2 ** (raw[124] ?? 0),
    directoryBytes: blockBytes * 2 ** Math.min(raw[192] ?? 0, 7),
    namesHaveKind: version === 5 ? (features & 1) !== 0 : (raw.readUInt32BE(200) & 0x200) !== 0,
  }
  const complaint = implausible(found, region)
  if (complaint !== undefined) throw new SindriError('failed', `the XFS superblock is broken: ${complaint}`)
  return found
}

function implausible(found: XfsSuperblock, region: Region): string | undefined {
  const { blockBytes, blocks, inodeBytes, groupBlocks, groups, groupSpan, directoryBytes } = found
  const powerOfTwo = (value: number) => value > 0 && (value & (value - 1)) === 0
  if (!powerOfTwo(blockBytes) || blockBytes < 512 || blockBytes > 65_536) return `its blocks have ${blockBytes} bytes`
  if (!powerOfTwo(inodeBytes) || inodeBytes < 256 || inodeBytes > 2048 || inodeBytes > blockBytes) {
    return `its inodes have ${inodeBytes} bytes`
  }
  if (blocks === 0 || blocks * blockBytes > region.sizeBytes) {
    return `it has ${blocks} blocks of ${blockBytes} bytes, and ${region.name} has ${region.sizeBytes} bytes`
  }
  if (groupBlocks === 0 || groupSpan < groupBlocks || groupSpan > 2 ** 32 || groups * groupBlocks < blocks) {
    return `it has ${groups} groups of ${groupBlocks} blocks`
  }
  return directoryBytes > 65_536 ? `its directory blocks have ${directoryBytes} bytes` : undefined
}
