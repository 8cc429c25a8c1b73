import type { Disk } from '../disk/disk.ts'
import { gpt } from './gpt.ts'
import { type MbrEntry, mbr, mbrEntries, protective } from './mbr.ts'
import type { PartitionTable } from './partition.ts'
import { type Region, regionOf } from './region.ts'
import { signatureOf } from './signatures.ts'

/**
 * How a disk is divided. A GPT counts before the MBR in front of it; a file system that begins in the first sector
 * counts before what looks like an MBR in its boot sector. Broken tables give findings, not errors.
 */
export async function partitions(disk: Disk): Promise<PartitionTable> {
  const region = regionOf(disk, 'the disk')
  if (region.sizeBytes < 512) {
    return { scheme: 'none', partitions: [], findings: [`a disk of ${region.sizeBytes} bytes holds nothing`] }
  }
  const entries = mbrEntries(await region.bytes(0, 512)) ?? []
  const modern = await gpt(region)
  const announced = entries.some(({ type }) => type === protective)
  if (modern !== undefined && (modern.partitions.length > 0 || announced)) {
    return { ...modern, findings: [...modern.findings, ...besides(entries)] }
  }
  if (announced) {
    const findings = ['the MBR announces a GPT, and neither its primary nor its backup header is there']
    return { scheme: 'gpt', partitions: [], findings }
  }
  if (entries.length > 0 && !(await startsWithFileSystem(region, entries))) return mbr(region, entries)
  return { scheme: 'none', partitions: [], findings: modern?.findings ?? [] }
}

/** What the MBR in front of a GPT says that it should not. */
function besides(entries: readonly MbrEntry[]): readonly string[] {
  const others = entries.filter(({ type }) => type !== protective)
  if (entries.length === 0) return ['no protective MBR stands before the GPT']
  if (others.length === entries.length)
    return ['the MBR before the GPT does not say that there is one, and lists partitions']
  return others.length > 0 ? [`a hybrid MBR lists ${others.length} of the partitions as well`] : []
}

/** A boot sector in which a file system says its name, or a table that cannot be one beside a file system. */
async function startsWithFileSystem(disk: Region, entries: readonly MbrEntry[]): Promise<boolean> {
  const found = await signatureOf(disk)
  if (found === undefined) return false
  const plausible = entries.every(({ first }) => first > 0 && first * 512 < disk.sizeBytes)
  return !plausible || ['fat', 'ntfs', 'exfat'].includes(found.type)
}
