import { SindriError } from '../../core/error.ts'
import { crc32c, crc32cOfNumber } from '../crc32c.ts'
import type { Region } from '../region.ts'
import type { Superblock } from './superblock.ts'

/** An inode as it stands on the disk, with what is always needed of it. */
export interface Inode {
  readonly number: number
  readonly raw: Buffer
  /** Type and permissions. */
  readonly mode: number
  readonly flags: number
  readonly sizeBytes: number
  /** Where its checksums start from; `undefined` when there are none. */
  readonly seed: number | undefined
}

/** Flags of an inode. https://docs.kernel.org/filesystems/ext4/inodes.html (2026-11) */
export const inodeFlags = {
  encrypted: 0x800,
  extents: 0x8_0000,
  valueOfAttribute: 0x20_0000,
  inlineData: 0x1000_0000,
} as const

/** Finds inodes by number. */
export interface InodeTable {
  /** @throws SindriError `failed` when there is none of that number, or its checksum is wrong */
  inode(number: number): Promise<Inode>
}

export function inodeTable(region: Region, superblock: Superblock): InodeTable {
  const { blockBytes, inodeBytes, inodesPerGroup, descriptorBytes, inodes, blocks, seed } = superblock
  const tables = new Map<number, number>()

  async function tableOf(group: number): Promise<number> {
    const known = tables.get(group)
    if (known !== undefined) return known
    const perBlock = blockBytes / descriptorBytes
    const block = descriptorBlock(superblock, Math.floor(group / perBlock))
    const raw = await region.bytes(block * blockBytes + (group % perBlock) * descriptorBytes, descriptorBytes)
    if (seed !== undefined) checkDescriptor(raw, seed, group)
    const high = descriptorBytes >= 64 ? raw.readUInt32LE(0x28) : 0
    const table = raw.readUInt32LE(8) + high * 2 ** 32
    if (table === 0 || table >= blocks) throw broken(`group ${group} says that its inodes are in block ${table}`)
    tables.set(group, table)
    return table
  }

  return {
    async inode(number) {
      if (number < 1 || number > inodes) throw broken(`there is no inode ${number}, only ${inodes}`)
      const group = Math.floor((number - 1) / inodesPerGroup)
      const index = (number - 1) % inodesPerGroup
      const at = (await tableOf(group)) * blockBytes + index * inodeBytes
      // A copy, because a page of the table would live as long as any inode of it.
      const raw = Buffer.from(await region.bytes(at, inodeBytes))
      const generation = raw.readUInt32LE(100)
      const own = seed === undefined ? undefined : crc32cOfNumber(crc32cOfNumber(seed, number), generation)
      if (own !== undefined) checkInode(raw, own, number)
      const mode = raw.readUInt16LE(0)
      const sizeBytes = raw.readUInt32LE(4) + raw.readUInt32LE(108) * 2 ** 32
      if (sizeBytes > Number.MAX_SAFE_INTEGER) throw broken(`inode ${number} has ${sizeBytes} bytes`)
      return { number, raw, mode, flags: raw.readUInt32LE(32), sizeBytes, seed: own }
    },
  }
}

/** The block of a run of descriptors. https://docs.kernel.org/filesystems/ext4/blockgroup.html (2026-11) */
function descriptorBlock(superblock: Superblock, index: number): number {
  const { firstBlock, blockBytes, descriptorBytes, blocksPerGroup, firstMetaGroup } = superblock
  // With blocks of 1 KiB that count from 0 the boot block comes before the superblock.
  const boot = blockBytes === 1024 && firstBlock === 0 ? 1 : 0
  if (index < firstMetaGroup) return firstBlock + 1 + boot + index
  const group = index * (blockBytes / descriptorBytes)
  const start = firstBlock + group * blocksPerGroup
  return start + (group === 0 ? boot : 0) + (hasCopy(superblock, group) ? 1 : 0)
}

function hasCopy({ copies }: Superblock, group: number): boolean {
  if (copies === 'all' || group <= 1)
    return copies === 'all' || copies === 'sparse' || group === 0 || copies.includes(group)
  if (copies !== 'sparse') return copies.includes(group)
  return [3, 5, 7].some((base) => {
    let power: number = base
    while (power < group) power *= base
    return power === group
  })
}

function checkDescriptor(raw: Buffer, seed: number, group: number): void {
  const bare = Buffer.from(raw)
  bare.writeUInt16LE(0, 0x1e)
  const sum = crc32c(crc32cOfNumber(seed, group), bare) & 0xffff
  if (sum !== raw.readUInt16LE(0x1e)) throw broken(`the checksum of group ${group} is wrong`)
}

function checkInode(raw: Buffer, seed: number, number: number): void {
  // An inode that was never used is all zeros, and has no checksum.
  if (raw.readUInt16LE(0) === 0 && raw.readUInt16LE(26) === 0) return
  const wide = raw.length > 128 && raw.readUInt16LE(128) >= 4
  const bare = Buffer.from(raw)
  bare.writeUInt16LE(0, 124)
  if (wide) bare.writeUInt16LE(0, 130)
  const sum = crc32c(seed, bare)
  const said = raw.readUInt16LE(124) + (wide ? raw.readUInt16LE(130) * 65_536 : 0)
  if ((wide ? sum : sum & 0xffff) !== said) throw broken(`the checksum of inode ${number} is wrong`)
}

function broken(why: string): SindriError {
  return new SindriError('failed', `the file system is broken: ${why}`)
}
