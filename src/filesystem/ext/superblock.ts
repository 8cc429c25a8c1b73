import { SindriError } from '../../core/error.ts'
import { crc32c } from '../crc32c.ts'
import { uuidOf } from '../guid.ts'
import type { Region } from '../region.ts'

/** What the superblock of ext2, ext3 or ext4 says, checked so far that the rest can rely on it. */
export interface Superblock {
  readonly type: 'ext2' | 'ext3' | 'ext4'
  readonly label: string
  readonly uuid: string
  readonly blockBytes: number
  readonly blocks: number
  readonly freeBlocks: number
  readonly inodes: number
  readonly inodeBytes: number
  readonly firstBlock: number
  readonly blocksPerGroup: number
  readonly inodesPerGroup: number
  readonly descriptorBytes: number
  /** From this group of descriptors on they stand apart; nothing stands apart when it is infinite. */
  readonly firstMetaGroup: number
  /** The groups that hold a copy of the superblock. */
  readonly copies: 'all' | 'sparse' | readonly number[]
  /** The last change may be in the journal only. */
  readonly needsRecovery: boolean
  /** The checksum seed; `undefined` when metadata has no checksums. */
  readonly seed: number | undefined
}

// https://docs.kernel.org/filesystems/ext4/super.html (2026-11)
const incompatible: ReadonlyMap<number, string> = new Map([
  [0x1, 'compression'],
  [0x2, 'filetype'],
  [0x4, 'recover'],
  [0x8, 'journal_dev'],
  [0x10, 'meta_bg'],
  [0x40, 'extent'],
  [0x80, '64bit'],
  [0x100, 'mmp'],
  [0x200, 'flex_bg'],
  [0x400, 'ea_inode'],
  [0x1000, 'dirdata'],
  [0x2000, 'metadata_csum_seed'],
  [0x4000, 'large_dir'],
  [0x8000, 'inline_data'],
  [0x10000, 'encrypt'],
  [0x20000, 'casefold'],
])
// Encryption is told where a file has it; names that differ in case only are looked up as they are written.
const readable = 0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
const bigalloc = 0x200
const metadataChecksums = 0x400
const ext4Only = 0x40 | 0x80 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000

/** Reads the superblock. @throws SindriError `unsupported` for what Sindri cannot read, `failed` when it is broken */
export async function readSuperblock(region: Region): Promise<Superblock> {
  const raw = await region.bytes(1024, 1024)
  const compat = raw.readUInt32LE(92)
  const incompat = raw.readUInt32LE(96)
  const readOnly = raw.readUInt32LE(100)
  refuseUnknown(incompat)
  const seed = seedOf(raw, incompat, readOnly)

  const has = (feature: number) => (incompat & feature) !== 0
  const dynamic = raw.readUInt32LE(76) > 0
  const high = (at: number) => (has(0x80) ? raw.readUInt32LE(at) * 2 ** 32 : 0)
  const blockBytes = 1024 * 2 ** Math.min(raw.readUInt32LE(24), 16)
  // With bigalloc the bitmaps count clusters of blocks; everything that is read here counts blocks.
  const clusterBlocks = (readOnly & bigalloc) !== 0 ? 2 ** Math.min(raw.readUInt32LE(28) - raw.readUInt32LE(24), 16) : 1
  const found: Superblock = {
    type:
      has(ext4Only) || (readOnly & (0x8 | 0x10 | 0x20 | 0x40 | bigalloc | metadataChecksums)) !== 0
        ? 'ext4'
        : (compat & 0x4) !== 0
          ? 'ext3'
          : 'ext2',
    label: raw.toString('utf8', 120, 136).replace(/\0.*$/s, ''),
    uuid: uuidOf(raw.subarray(104, 120)),
    blockBytes,
    blocks: raw.readUInt32LE(4) + high(0x150),
    freeBlocks: (raw.readUInt32LE(12) + high(0x158)) * clusterBlocks,
    inodes: raw.readUInt32LE(0),
    inodeBytes: dynamic ? raw.readUInt16LE(88) : 128,
    firstBlock: raw.readUInt32LE(20),
    blocksPerGroup: raw.readUInt32LE(32),
    inodesPerGroup: raw.readUInt32LE(40),
    descriptorBytes: has(0x80) ? raw.readUInt16LE(254) : 32,
    firstMetaGroup: has(0x10) ? raw.readUInt32LE(260) : Number.POSITIVE_INFINITY,
    copies:
      (compat & 0x200) !== 0
        ? [0, raw.readUInt32LE(0x24c), raw.readUInt32LE(0x250)]
        : (readOnly & 0x1) !== 0
          ? 'sparse'
          : 'all',
    needsRecovery: has(0x4),
    seed,
  }
  const complaint = implausible(found, clusterBlocks, region)
  if (complaint !== undefined) throw broken(complaint)
  return found
}

function refuseUnknown(incompat: number): void {
  const unknown = incompat & ~readable
  const names = Array.from({ length: 32 }, (_, bit) => 2 ** bit)
    .filter((feature) => (unknown & feature) !== 0)
    .map((feature) => incompatible.get(feature) ?? `0x${feature.toString(16)}`)
  if (names.length === 0) return
  throw new SindriError('unsupported', `Sindri does not read ext4 with the feature ${names.join(', ')}`)
}

function seedOf(raw: Buffer, incompat: number, readOnly: number): number | undefined {
  if ((readOnly & metadataChecksums) === 0) return undefined
  if (raw[0x175] !== 1) throw new SindriError('unsupported', `checksums of kind ${raw[0x175]} are not known`)
  if (crc32c(0xffffffff, raw.subarray(0, 1020)) !== raw.readUInt32LE(1020)) throw broken('its checksum is wrong')
  return (incompat & 0x2000) !== 0 ? raw.readUInt32LE(0x270) : crc32c(0xffffffff, raw.subarray(104, 120))
}

function implausible(found: Superblock, clusterBlocks: number, region: Region): string | undefined {
  const { blockBytes, blocks, inodeBytes, descriptorBytes, blocksPerGroup, inodesPerGroup } = found
  const powerOfTwo = (value: number) => value > 0 && (value & (value - 1)) === 0
  if (blockBytes > 65_536) return `its blocks have ${blockBytes} bytes`
  if (blocks === 0 || blocks * blockBytes > region.sizeBytes) {
    return `it has ${blocks} blocks of ${blockBytes} bytes, and ${region.name} has ${region.sizeBytes} bytes`
  }
  if (inodeBytes < 128 || inodeBytes > blockBytes || !powerOfTwo(inodeBytes))
    return `its inodes have ${inodeBytes} bytes`
  if (descriptorBytes < 32 || descriptorBytes > 1024 || !powerOfTwo(descriptorBytes)) {
    return `its group descriptors have ${descriptorBytes} bytes`
  }
  if (blocksPerGroup === 0 || blocksPerGroup > blockBytes * 8 * clusterBlocks)
    return `its groups have ${blocksPerGroup} blocks`
  if (inodesPerGroup === 0 || inodesPerGroup > blockBytes * 8) return `its groups have ${inodesPerGroup} inodes`
  return undefined
}

function broken(why: string): SindriError {
  return new SindriError('failed', `the ext superblock is broken: ${why}`)
}
