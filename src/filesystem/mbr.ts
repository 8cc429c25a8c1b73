import { messageOf } from '../core/error.ts'
import { misplaced, type Partition, type PartitionTable, purposeOfByte } from './partition.ts'
import type { Region } from './region.ts'

/** One of the four entries of a boot record, in sectors. */
export interface MbrEntry {
  readonly type: number
  readonly active: boolean
  readonly first: number
  readonly count: number
}

const sectorBytes = 512
const extended = [0x05, 0x0f, 0x85]
/** The type that says a GPT follows. */
export const protective = 0xee
/** Linux stops at 256 partitions. */
const mostLogical = 256

/**
 * The entries of a boot record, empty ones left out; `undefined` when these bytes are no boot record, but for example
 * the boot sector of a file system. https://wiki.osdev.org/MBR_(x86) (2026-11)
 */
export function mbrEntries(sector: Buffer): readonly MbrEntry[] | undefined {
  if (sector.readUInt16LE(510) !== 0xaa55) return undefined
  const all = [446, 462, 478, 494].map((at) => ({
    state: sector[at] ?? 0,
    type: sector[at + 4] ?? 0,
    first: sector.readUInt32LE(at + 8),
    count: sector.readUInt32LE(at + 12),
  }))
  if (all.some(({ state }) => state !== 0 && state !== 0x80)) return undefined
  return all
    .filter(({ type, count }) => type !== 0 && count > 0)
    .map(({ state, type, first, count }) => ({ type, active: state === 0x80, first, count }))
}

/** The partitions of a master boot record, logical ones as well; of a hybrid one those that are no GPT. */
export async function mbr(disk: Region, entries: readonly MbrEntry[]): Promise<PartitionTable> {
  const primary = entries.filter(({ type }) => !extended.includes(type) && type !== protective)
  const partitions = primary.map((entry) => partitionOf(entries.indexOf(entry) + 1, entry))
  const findings: string[] = []
  for (const container of entries.filter(({ type }) => extended.includes(type))) {
    const { logical, problem } = await chain(disk, container, partitions.length)
    partitions.push(...logical.map((entry, index) => partitionOf(5 + index, entry)))
    if (problem !== undefined) findings.push(`logical partitions: ${problem}`)
  }
  return { scheme: 'mbr', partitions, findings: [...findings, ...misplaced(partitions, disk.sizeBytes)] }
}

/** Follows extended boot records, each of which names one partition and the next record, until they end or go astray. */
async function chain(
  disk: Region,
  container: MbrEntry,
  already: number,
): Promise<{ readonly logical: readonly MbrEntry[]; readonly problem?: string }> {
  const logical: MbrEntry[] = []
  const seen = new Set<number>()
  for (let record = container.first; ; ) {
    if (seen.has(record)) return { logical, problem: `the chain of records comes back to sector ${record}` }
    if (logical.length + already >= mostLogical) return { logical, problem: `more than ${mostLogical} partitions` }
    seen.add(record)
    let entries: readonly MbrEntry[] | undefined
    try {
      entries = mbrEntries(await disk.bytes(record * sectorBytes, sectorBytes))
    } catch (error) {
      return { logical, problem: messageOf(error) }
    }
    if (entries === undefined) return { logical, problem: `no boot record at sector ${record}` }
    const own = entries.find(({ type }) => !extended.includes(type))
    if (own !== undefined) logical.push({ ...own, first: record + own.first })
    const next = entries.find(({ type }) => extended.includes(type))
    if (next === undefined) return { logical }
    record = container.first + next.first
  }
}

function partitionOf(number: number, { type, first, count }: MbrEntry): Partition {
  const place = { offset: first * sectorBytes, sizeBytes: count * sectorBytes }
  const hex = `0x${type.toString(16).padStart(2, '0')}`
  return { number, ...place, type: hex, purpose: purposeOfByte(type), name: '' }
}
