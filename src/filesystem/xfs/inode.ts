import { SindriError } from '../../core/error.ts'
import { crc32c } from '../crc32c.ts'
import type { Region } from '../region.ts'
import type { XfsSuperblock } from './superblock.ts'

/** How the data or the attributes of an inode are kept. */
export type ForkFormat = 'local' | 'extents' | 'btree' | 'none'

/** A part of an inode that says where its data or its attributes are. */
export interface Fork {
  readonly format: ForkFormat
  readonly raw: Buffer
  readonly extents: number
}

/** An inode as it stands on the disk, with what is always needed of it. */
export interface XfsInode {
  readonly number: number
  readonly raw: Buffer
  readonly mode: number
  readonly sizeBytes: number
  readonly data: Fork
  readonly attributes: Fork
  /** Times are nanoseconds since 1901. */
  readonly longTimes: boolean
}

const formats: Readonly<Record<number, ForkFormat>> = { 1: 'local', 2: 'extents', 3: 'btree' }
const realtime = 0x1
const bigTime = 0x8
const manyExtents = 0x10

/** Reads inode `number`. XFS Algorithms & Data Structures, chapter 18 (2026-11) @throws SindriError `failed` */
export async function readXfsInode(region: Region, superblock: XfsSuperblock, number: number): Promise<XfsInode> {
  const { blockBytes, inodeBytes, inodesPerBlock, groupBlocks, groupSpan, blocks, described } = superblock
  const broken = (why: string) => new SindriError('failed', `inode ${number} is broken: ${why}`)
  const inGroup = number % (groupSpan * inodesPerBlock)
  const group = Math.floor(number / (groupSpan * inodesPerBlock))
  const block = group * groupBlocks + Math.floor(inGroup / inodesPerBlock)
  if (!Number.isSafeInteger(number) || inGroup >= groupBlocks * inodesPerBlock || block >= blocks) {
    throw broken('there is none of that number')
  }
  // A copy, because a page of inodes would live as long as any of them.
  const raw = Buffer.from(await region.bytes(block * blockBytes + (inGroup % inodesPerBlock) * inodeBytes, inodeBytes))
  if (raw.readUInt16BE(0) !== 0x494e) throw broken('it has no magic number')
  const long = raw[4] === 3
  if (long !== described) throw broken(`it is of version ${raw[4]}`)
  if (long && !checked(raw)) throw broken('its checksum is wrong')
  if (long && Number(raw.readBigUInt64BE(152)) !== number) throw broken('it says that it is another')
  if ((raw.readUInt16BE(90) & realtime) !== 0)
    throw new SindriError('unsupported', `inode ${number} is in the realtime section`)
  const flags = long ? Number(raw.readBigUInt64BE(120) & 0xffn) : 0
  const many = (flags & manyExtents) !== 0
  const start = long ? 176 : 100
  const split = raw[82] === 0 ? raw.length : start + (raw[82] ?? 0) * 8
  if (split > raw.length) throw broken('its attributes begin beyond it')
  const dataExtents = many ? Number(raw.readBigUInt64BE(24)) : raw.readUInt32BE(76)
  const attributeExtents = many ? raw.readUInt32BE(76) : raw.readUInt16BE(80)
  const sizeBytes = Number(raw.readBigUInt64BE(56))
  if (!Number.isSafeInteger(sizeBytes)) throw broken(`it has ${sizeBytes} bytes`)
  return {
    number,
    raw,
    mode: raw.readUInt16BE(2),
    sizeBytes,
    data: { format: formats[raw[5] ?? 0] ?? 'none', raw: raw.subarray(start, split), extents: dataExtents },
    attributes: {
      format: split === raw.length ? 'none' : (formats[raw[83] ?? 0] ?? 'none'),
      raw: raw.subarray(split),
      extents: attributeExtents,
    },
    longTimes: (flags & bigTime) !== 0,
  }
}

function checked(raw: Buffer): boolean {
  const bare = Buffer.from(raw)
  bare.writeUInt32LE(0, 100)
  return (crc32c(0xffffffff, bare) ^ 0xffffffff) >>> 0 === raw.readUInt32LE(100)
}
