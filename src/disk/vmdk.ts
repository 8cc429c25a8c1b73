import { promisify } from 'node:util'
import { inflate } from 'node:zlib'
import { damaged } from './damage.ts'
import type { Bytes, Disk, Extent } from './disk.ts'
import { readUpTo } from './head.ts'
import { type Piece, readPieces } from './pieces.ts'
import { remember } from './remember.ts'
import { gatherRuns } from './runs.ts'
import { readVmdkHeader, type VmdkHeader } from './vmdk-header.ts'

const sector = 512
/** Bytes before a compressed grain: the sector it stands for, and its length. */
const markerBytes = 12
const keptBytes = 16 << 20
const unzip = promisify(inflate)

/**
 * Opens a sparse VMDK in one file: monolithicSparse or streamOptimized.
 * VMware, "Virtual Disk Format 5.0" (technical note, 2011), "Hosted Sparse Extents" (2026-11).
 * @throws SindriError `unsupported` for disks of several files, `failed` when its tables cannot be true
 */
export async function openVmdk(bytes: Bytes): Promise<Disk> {
  const header = await readVmdkHeader(bytes)
  const { sizeBytes, grainBytes, tableEntries } = header
  const directory = await readDirectory(bytes, header)
  const extents = await mappedRuns(bytes, header, directory)
  const tables = remember<Buffer>(4096)
  const unpacked = remember<Uint8Array>(Math.max(4, keptBytes / grainBytes))

  async function locate(offset: number): Promise<Piece> {
    const within = offset % grainBytes
    const grain = Math.floor(offset / grainBytes)
    const index = grain % tableEntries
    const place = directory[Math.floor(grain / tableEntries)] ?? 0
    if (place === 0) return { kind: 'zeros', length: (tableEntries - index) * grainBytes - within }
    const table = await tables(place, () => readUpTo(bytes, place * sector, tableEntries * 4))
    const at = grainIn(table, index) * sector
    const length = grainBytes - within
    if (at === 0) return { kind: 'zeros', length }
    if (!header.compressed) return { kind: 'plain', at: at + within, length }
    const unpack = (): Promise<Uint8Array> =>
      unpacked(at, () => unpackGrain(bytes, at, Math.min(grainBytes, sizeBytes - grain * grainBytes), grainBytes))
    return { kind: 'packed', skip: within, length, unpack }
  }

  return { format: 'vmdk', sizeBytes, extents, read: readPieces(bytes, sizeBytes, locate), close: () => bytes.close() }
}

/** The sector of a grain; 0 is a hole, and so is 1, a grain of zeros. */
function grainIn(table: Buffer, index: number): number {
  const place = table.readUInt32LE(index * 4)
  return place === 1 ? 0 : place
}

/** The last grain of a disk may hold only what the disk has of it. */
async function unpackGrain(bytes: Bytes, at: number, least: number, most: number): Promise<Uint8Array> {
  const marker = await readUpTo(bytes, at, markerBytes)
  const length = marker.length < markerBytes ? 0 : marker.readUInt32LE(8)
  if (length === 0 || length > 2 * most) throw damaged('VMDK', `the grain at ${at} has ${length} bytes`)
  const source = await readUpTo(bytes, at + markerBytes, length)
  const grain = await unzip(source, { maxOutputLength: most }).catch((cause: unknown) => {
    throw damaged('VMDK', `the compressed grain at ${at} does not unpack (${cause})`)
  })
  if (grain.length < least) throw damaged('VMDK', `the compressed grain at ${at} unpacks to ${grain.length} bytes`)
  return grain
}

/** The sectors of the grain tables, 0 where there is none; each is in the file, and none in the place of another. */
async function readDirectory(bytes: Bytes, header: VmdkHeader): Promise<Uint32Array> {
  const { directoryEntries, directoryOffset, tableEntries } = header
  const raw = await readUpTo(bytes, directoryOffset, directoryEntries * 4)
  const directory = Uint32Array.from({ length: directoryEntries }, (_, index) => raw.readUInt32LE(index * 4))
  let free = 0
  for (const place of directory.slice().sort()) {
    if (place === 0) continue
    if (place * sector < free) throw damaged('VMDK', `two grain tables share the bytes at ${place * sector}`)
    free = place * sector + tableEntries * 4
    if (free > bytes.sizeBytes)
      throw damaged('VMDK', `a grain table at ${place * sector} is beyond the end of the file`)
  }
  return directory
}

/** Reads every grain table once: which grains there are, and that the file is large enough to hold them all. */
async function mappedRuns(bytes: Bytes, header: VmdkHeader, directory: Uint32Array): Promise<readonly Extent[]> {
  const { sizeBytes, grainBytes, tableEntries, compressed } = header
  const runs = gatherRuns(sizeBytes)
  let left = bytes.sizeBytes
  for (const [upper, place] of directory.entries()) {
    if (place === 0) continue
    const table = await readUpTo(bytes, place * sector, tableEntries * 4)
    for (let lower = 0; lower < tableEntries; lower += 1) {
      const offset = (upper * tableEntries + lower) * grainBytes
      const at = grainIn(table, lower) * sector
      if (offset >= sizeBytes) break
      if (at === 0) continue
      const length = compressed ? markerBytes : Math.min(grainBytes, sizeBytes - offset)
      left -= length
      if (at + length > bytes.sizeBytes) {
        throw damaged('VMDK', `the grain for ${offset} is at ${at}, beyond the end of the file`)
      }
      if (left < 0) throw damaged('VMDK', 'it maps more bytes than the file has')
      runs.add(offset, grainBytes)
    }
  }
  return runs.done()
}
