import { convertHint, damaged, refused } from './damage.ts'
import type { Bytes, Disk } from './disk.ts'
import { numberOf, readUpTo } from './head.ts'
import { type Piece, readPieces } from './pieces.ts'
import { remember } from './remember.ts'
import { gatherRuns, runsWithin } from './runs.ts'
import { readVhdFooter, type VhdFooter, vhdChecksum, vhdFooterBytes } from './vhd-footer.ts'

const sector = 512
const nowhere = 0xffffffff
/** 16 TiB in blocks of the usual 2 MiB are 8 Mi entries; the format itself ends at 2 TiB. */
const mostTableBytes = 64 << 20
const mostBlockBytes = 256 << 20

/**
 * Opens a VHD of fixed size or a dynamic one. The size is the footer's "current size", as Azure and Hyper-V take it.
 * Microsoft, "Virtual Hard Disk Image Format Specification" 1.0 (2026-11).
 * @throws SindriError `unsupported` for a differencing disk, `failed` when its tables cannot be true
 */
export async function openVhd(bytes: Bytes): Promise<Disk> {
  const footer = await findFooter(bytes)
  if (footer === undefined) throw damaged('VHD', 'it has no footer with a right checksum')
  if (footer.kind === 'fixed') return openFixed(bytes, footer)
  if (footer.kind === 'dynamic') return openDynamic(bytes, footer)
  const what =
    footer.kind === 'differencing' ? 'it holds only the differences to a parent' : `its type is ${footer.kind}`
  throw refused('VHD', what, 'merge it into its parent first, or give the parent')
}

async function findFooter(bytes: Bytes): Promise<VhdFooter | undefined> {
  const end = readVhdFooter(await readUpTo(bytes, Math.max(0, bytes.sizeBytes - vhdFooterBytes), vhdFooterBytes))
  if (end !== undefined) return end
  const copy = readVhdFooter(await readUpTo(bytes, 0, vhdFooterBytes))
  return copy?.kind === 'fixed' ? undefined : copy
}

async function openFixed(bytes: Bytes, { sizeBytes }: VhdFooter): Promise<Disk> {
  if (sizeBytes > bytes.sizeBytes - vhdFooterBytes) {
    throw damaged('VHD', `its footer tells of ${sizeBytes} bytes, the file has ${bytes.sizeBytes}`)
  }
  return {
    format: 'vhd',
    sizeBytes,
    extents: runsWithin(await bytes.extents(), 0, sizeBytes),
    read: readPieces(bytes, sizeBytes, async (at) => ({ kind: 'plain', at, length: sizeBytes - at })),
    close: () => bytes.close(),
  }
}

async function openDynamic(bytes: Bytes, footer: VhdFooter): Promise<Disk> {
  const { sizeBytes } = footer
  const { blockBytes, table } = await readTable(bytes, footer)
  const bitmapBytes = Math.ceil(blockBytes / sector / 8 / sector) * sector
  checkPlaces(table, bitmapBytes + blockBytes, bytes.sizeBytes)
  const runs = gatherRuns(sizeBytes)
  for (const [block, place] of table.entries()) if (place !== nowhere) runs.add(block * blockBytes, blockBytes)

  const bitmaps = remember<Buffer>(256)
  async function locate(offset: number): Promise<Piece> {
    const within = offset % blockBytes
    const place = table[Math.floor(offset / blockBytes)] ?? nowhere
    if (place === nowhere) return { kind: 'zeros', length: blockBytes - within }
    // A sector whose bit is not set was never written, whatever the block holds there.
    const bitmap = await bitmaps(place, () => readUpTo(bytes, place * sector, bitmapBytes))
    const first = Math.floor(within / sector)
    const written = isSet(bitmap, first)
    let next = first + 1
    while (next * sector < blockBytes && isSet(bitmap, next) === written) next += 1
    const length = next * sector - within
    return written ? { kind: 'plain', at: place * sector + bitmapBytes + within, length } : { kind: 'zeros', length }
  }

  return {
    format: 'vhd',
    sizeBytes,
    extents: runs.done(),
    read: readPieces(bytes, sizeBytes, locate),
    close: () => bytes.close(),
  }
}

function isSet(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0
}

/** Reads the header of a dynamic disk and its table: for each block the sector where it begins. */
async function readTable(
  bytes: Bytes,
  { sizeBytes, dataOffset }: VhdFooter,
): Promise<{ readonly blockBytes: number; readonly table: Uint32Array }> {
  const header = await readUpTo(bytes, dataOffset, 1024)
  if (header.length < 1024 || header.toString('latin1', 0, 8) !== 'cxsparse') {
    throw damaged('VHD', `there is no header at ${dataOffset}`)
  }
  if (header.readUInt32BE(36) !== vhdChecksum(header, 36)) throw damaged('VHD', 'the checksum of its header is wrong')
  const blockBytes = header.readUInt32BE(32)
  if (blockBytes < sector || blockBytes > mostBlockBytes || (blockBytes & (blockBytes - 1)) !== 0) {
    throw damaged('VHD', `blocks of ${blockBytes} bytes`)
  }
  const entries = Math.ceil(sizeBytes / blockBytes)
  if (entries > header.readUInt32BE(28)) throw damaged('VHD', `its table is too short for ${sizeBytes} bytes`)
  if (entries * 4 > mostTableBytes) throw refused('VHD', `its table has ${entries} entries`, convertHint)
  const raw = await readUpTo(bytes, numberOf(header.readBigUInt64BE(16)), entries * 4)
  if (raw.length < entries * 4) throw damaged('VHD', 'its table lies beyond the end of the file')
  return { blockBytes, table: Uint32Array.from({ length: entries }, (_, index) => raw.readUInt32BE(index * 4)) }
}

/** Every block is in the file, and none is in the place of another: what the disk maps is no more than the file holds. */
function checkPlaces(table: Uint32Array, blockBytes: number, sizeBytes: number): void {
  const places = table.filter((place) => place !== nowhere).sort()
  let free = 0
  for (const place of places) {
    const begin = place * sector
    if (begin < free) throw damaged('VHD', `two blocks share the bytes at ${begin}`)
    free = begin + blockBytes
    if (free > sizeBytes) throw damaged('VHD', `a block at ${begin} lies beyond the end of the file`)
  }
}
