import { SindriError } from '../../core/error.ts'
import type { Region } from '../region.ts'

/** What the boot sector of a FAT file system says, in bytes and clusters. */
export interface FatLayout {
  readonly bits: 12 | 16 | 32
  readonly label: string
  /** As Linux writes it: `5A31-C0DE`. */
  readonly id: string
  readonly clusterBytes: number
  readonly fatOffset: number
  readonly fatBytes: number
  /** The root directory of FAT12 and FAT16, which is no chain of clusters. */
  readonly rootOffset: number
  readonly rootBytes: number
  /** Of FAT32. */
  readonly rootCluster: number
  /** Where cluster 2, the first there is, begins. */
  readonly dataOffset: number
  /** How many clusters there are; the last has the number `clusters + 1`. */
  readonly clusters: number
}

/**
 * Reads the boot sector. Microsoft FAT Specification, August 2005, section 3 (2026-11)
 * @throws SindriError `failed` when it makes no sense
 */
export async function readBootSector(region: Region): Promise<FatLayout> {
  const raw = await region.bytes(0, 512)
  const sector = raw.readUInt16LE(11)
  const perCluster = raw[13] ?? 0
  const powerOfTwo = (value: number) => value > 0 && (value & (value - 1)) === 0
  if (!powerOfTwo(sector) || sector < 512 || sector > 4096) throw broken(`its sectors have ${sector} bytes`)
  if (!powerOfTwo(perCluster)) throw broken(`its clusters have ${perCluster} sectors`)
  const reserved = raw.readUInt16LE(14)
  const copies = raw[16] ?? 0
  const rootBytes = raw.readUInt16LE(17) * 32
  const short = raw.readUInt16LE(22)
  const wide = short === 0
  const fatSectors = wide ? raw.readUInt32LE(36) : short
  const sectors = raw.readUInt16LE(19) || raw.readUInt32LE(32)
  if (reserved === 0 || copies === 0 || fatSectors === 0) throw broken('it has no file allocation table')
  const rootOffset = (reserved + copies * fatSectors) * sector
  const dataSector = rootOffset / sector + Math.ceil(rootBytes / sector)
  if (sectors * sector > region.sizeBytes || dataSector >= sectors) {
    throw broken(`it has ${sectors} sectors of ${sector} bytes, and ${region.name} has ${region.sizeBytes} bytes`)
  }
  const said = Math.floor((sectors - dataSector) / perCluster)
  const bits = wide ? 32 : said < 4085 ? 12 : 16
  const fits = Math.floor((fatSectors * sector * 8) / bits) - 2
  const names = wide ? 64 : 36
  const id =
    raw
      .toString('hex', names + 3, names + 7)
      .match(/../g)
      ?.reverse()
      .join('')
      .toUpperCase() ?? ''
  return {
    bits,
    label: raw.toString('latin1', names + 7, names + 18).trimEnd(),
    id: id.replace(/^(.{4})/, '$1-'),
    clusterBytes: perCluster * sector,
    fatOffset: reserved * sector,
    fatBytes: fatSectors * sector,
    rootOffset,
    rootBytes,
    rootCluster: wide ? raw.readUInt32LE(44) : 0,
    dataOffset: dataSector * sector,
    clusters: Math.max(0, Math.min(said, fits)),
  }
}

function broken(why: string): SindriError {
  return new SindriError('failed', `the FAT boot sector is broken: ${why}`)
}
