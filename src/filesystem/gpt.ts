import { crc32 } from 'node:zlib'
import { messageOf } from '../core/error.ts'
import { guidOf } from './guid.ts'
import { misplaced, type Partition, type PartitionTable, purposeOfGuid } from './partition.ts'
import type { Region } from './region.ts'

interface Header {
  readonly sectorBytes: number
  readonly other: number
  readonly lastUsable: number
  readonly entries: Buffer
  readonly entryBytes: number
}

const sectorSizes = [512, 4096]
/** Sixteen times what everyone writes. */
const mostEntries = 2048
const unused = guidOf(Buffer.alloc(16))

/**
 * The GUID partition table, from the backup where the primary one is broken; `undefined` when there is neither.
 * UEFI Specification 2.10, 5.3.2 and 5.3.3 (2026-11)
 */
export async function gpt(disk: Region): Promise<PartitionTable | undefined> {
  const primary = await firstOf(disk, (sectorBytes) => sectorBytes)
  const backupPlace = (sectorBytes: number) =>
    typeof primary === 'object'
      ? primary.other * primary.sectorBytes
      : Math.floor(disk.sizeBytes / sectorBytes) * sectorBytes - sectorBytes
  const backup = await firstOf(disk, backupPlace)
  const header = typeof primary === 'object' ? primary : typeof backup === 'object' ? backup : undefined
  if (header === undefined) {
    if (primary === undefined && backup === undefined) return undefined
    const findings = [`the GPT cannot be read: ${primary ?? 'no primary header'}; ${backup ?? 'no backup header'}`]
    return { scheme: 'gpt', partitions: [], findings }
  }
  const partitions = partitionsOf(header)
  const findings = [
    typeof primary === 'object' ? [] : [`the primary GPT is broken: ${primary ?? 'no header'}; the backup is read`],
    typeof primary === 'object' && typeof backup !== 'object'
      ? [`the backup GPT is broken: ${backup ?? `no header at sector ${header.other}`}`]
      : [],
    typeof primary === 'object' && typeof backup === 'object' ? differences(primary, backup, disk) : [],
    partitions
      .filter((partition) => partition.sizeBytes <= 0)
      .map(({ number }) => `partition ${number} ends before it begins`),
  ].flat()
  const sound = partitions.filter((partition) => partition.sizeBytes > 0)
  return { scheme: 'gpt', partitions: sound, findings: [...findings, ...misplaced(sound, disk.sizeBytes)] }
}

/** The header where a disk of one sector size or the other has it; what is wrong with it; or nothing when none is there. */
async function firstOf(disk: Region, placeOf: (sectorBytes: number) => number): Promise<Header | string | undefined> {
  for (const sectorBytes of sectorSizes) {
    const place = placeOf(sectorBytes)
    if (place < sectorBytes || place + sectorBytes > disk.sizeBytes) continue
    const sector = await disk.bytes(place, sectorBytes)
    if (sector.toString('latin1', 0, 8) === 'EFI PART') return headerOf(disk, sector, place / sectorBytes)
  }
  return undefined
}

async function headerOf(disk: Region, sector: Buffer, place: number): Promise<Header | string> {
  const size = sector.readUInt32LE(12)
  if (size < 92 || size > sector.length) return `a header of ${size} bytes`
  const bare = Buffer.from(sector.subarray(0, size))
  bare.writeUInt32LE(0, 16)
  if (crc32(bare) !== sector.readUInt32LE(16)) return 'the checksum of the header is wrong'
  if (Number(sector.readBigUInt64LE(24)) !== place) return `a header of sector ${sector.readBigUInt64LE(24)}`
  const count = sector.readUInt32LE(80)
  const entryBytes = sector.readUInt32LE(84)
  if (count > mostEntries || entryBytes < 128 || entryBytes > 4096 || entryBytes % 8 !== 0) {
    return `${count} entries of ${entryBytes} bytes`
  }
  try {
    const entries = await disk.bytes(Number(sector.readBigUInt64LE(72)) * sector.length, count * entryBytes)
    if (crc32(entries) !== sector.readUInt32LE(88)) return 'the checksum of the partition entries is wrong'
    const [other, lastUsable] = [32, 48].map((at) => Number(sector.readBigUInt64LE(at))) as [number, number]
    return { sectorBytes: sector.length, other, lastUsable, entries, entryBytes }
  } catch (error) {
    return messageOf(error)
  }
}

function partitionsOf({ entries, entryBytes, sectorBytes }: Header): readonly Partition[] {
  return Array.from({ length: Math.floor(entries.length / entryBytes) }, (_, index) => index).flatMap((index) => {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes)
    const type = guidOf(entry.subarray(0, 16))
    if (type === unused) return []
    const first = Number(entry.readBigUInt64LE(32))
    const last = Number(entry.readBigUInt64LE(40))
    const name = entry.toString('utf16le', 56, 128).replace(/\0.*$/s, '').toWellFormed()
    const place = { offset: first * sectorBytes, sizeBytes: (last - first + 1) * sectorBytes }
    return [
      { number: index + 1, ...place, type, purpose: purposeOfGuid(type), name, id: guidOf(entry.subarray(16, 32)) },
    ]
  })
}

function differences(primary: Header, backup: Header, disk: Region): readonly string[] {
  const end = Math.floor(disk.sizeBytes / primary.sectorBytes) - 1
  const apart = 'the backup GPT lists other partitions than the primary one, which is read'
  const short = `the backup GPT is at sector ${primary.other}, and the disk ends at sector ${end}: it was enlarged`
  return [primary.entries.equals(backup.entries) ? [] : [apart], primary.other < end ? [short] : []].flat()
}
