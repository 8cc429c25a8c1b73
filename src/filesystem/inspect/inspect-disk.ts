import { messageOf } from '../../core/error.ts'
import type { Disk } from '../../disk/disk.ts'
import type { FileTree } from '../file-tree.ts'
import type { Partition, PartitionTable } from '../partition.ts'
import { type Architecture, programArchitecture } from './architecture.ts'
import { type Kernel, kernelsOf } from './drivers.ts'
import { type Esp, espsOf, type Firmware, firmwareOf } from './firmware.ts'
import { type Layout, openLayout, type Part } from './layout.ts'
import { type OperatingSystem, osOf } from './os-release.ts'
import { type Told, untold } from './told.ts'

/** What a partition, or a disk without partitions, holds. */
export interface PartReport {
  /** `partition 3`, `the disk`. */
  readonly name: string
  readonly partition: Partition | undefined
  /** `ext4`, `fat32`, `luks`, …; `undefined` when nothing known is there. */
  readonly type: string | undefined
  readonly label: string
  readonly uuid: string | undefined
  readonly usedBytes: number | undefined
  /** `cannot be read: …`, where that is so. */
  readonly unreadable: string | undefined
}

/** What is known of a disk before anything is done with it, each thing with where it was seen or why it cannot be told. */
export interface DiskReport {
  readonly scheme: PartitionTable['scheme']
  readonly parts: readonly PartReport[]
  readonly architecture: Told<Architecture>
  readonly firmware: Told<Firmware>
  readonly os: Told<OperatingSystem>
  /** `ext4`, and the partition that holds it. */
  readonly rootFileSystem: Told<string>
  readonly kernels: Told<readonly Kernel[]>
  /** What all file systems together hold, as their own counters say. */
  readonly usedBytes: number
  /** What is broken or odd, with where: one sentence each. */
  readonly findings: readonly string[]
}

/** Reads a disk, as little of it as answers need. Never throws for what a disk holds, only where it cannot be read. */
export async function inspectDisk(disk: Disk): Promise<DiskReport> {
  const layout = await openLayout(disk)
  const esps = await espsOf(layout)
  const root = await rootOf(layout)
  const parts = layout.parts.map(reportOf)
  return {
    scheme: layout.table.scheme,
    parts,
    architecture: await architectureOf(esps, root),
    firmware: await firmwareOf(disk, layout, esps),
    os: root.value?.os ?? untold(root.evidence),
    rootFileSystem:
      root.value === undefined
        ? untold(root.evidence)
        : { value: root.value.files.volume.type, evidence: root.evidence },
    kernels: root.value === undefined ? untold(root.evidence) : await kernelsOf(root.value.files, root.value.name),
    usedBytes: parts.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0),
    findings: [
      ...layout.table.findings,
      ...layout.parts.flatMap(({ name, content }) => [
        ...(content?.unreadable === undefined ? [] : [`${name}: ${content.type} ${content.unreadable}`]),
        ...(content?.volume?.findings.map((finding) => `${name}: ${finding}`) ?? []),
      ]),
    ],
  }
}

interface Root {
  readonly name: string
  readonly files: FileTree
  readonly os: Told<OperatingSystem>
}

/** The file system with an os-release: one whose partition says that it is the root before others, then the largest. */
async function rootOf({ parts }: Layout): Promise<Told<Root>> {
  const rank = ({ partition }: Part) => (partition?.purpose === 'linux-root' ? 1 : 0)
  const ordered = parts
    .filter(({ partition }) => partition?.purpose !== 'esp')
    .toSorted((a, b) => rank(b) - rank(a) || (b.partition?.sizeBytes ?? 0) - (a.partition?.sizeBytes ?? 0))
  const reasons: string[] = []
  for (const { name, files, content } of ordered) {
    if (files === undefined) {
      reasons.push(
        `${name} ${content?.unreadable === undefined ? 'holds nothing known' : `(${content.type}) ${content.unreadable}`}`,
      )
      continue
    }
    const os = await osOf(files, name)
    const looksLikeOne = os.value !== undefined || (await hasSystem(files))
    if (looksLikeOne) return { value: { name, files, os }, evidence: name }
    reasons.push(os.evidence)
  }
  return untold(
    `no root file system: ${reasons.length === 0 ? 'the disk has no partition for one' : reasons.join('; ')}`,
  )
}

async function hasSystem(files: FileTree): Promise<boolean> {
  try {
    return (await files.find('/bin/sh')) !== undefined || (await files.find('/sbin/init')) !== undefined
  } catch {
    return false
  }
}

/** A boot loader says it most surely; with boot loaders for several, or none, the programs say it. */
async function architectureOf(esps: readonly Esp[], root: Told<Root>): Promise<Told<Architecture>> {
  const loaders = esps.flatMap(({ part, loaders }) => loaders.map((loader) => ({ ...loader, where: part.name })))
  const [first] = loaders
  if (first !== undefined && loaders.every(({ architecture }) => architecture === first.architecture)) {
    return { value: first.architecture, evidence: `${first.where}: ${first.path}` }
  }
  if (root.value === undefined) return untold(root.evidence)
  try {
    return await programArchitecture(root.value.files, root.value.name)
  } catch (error) {
    return untold(`${root.value.name}: ${messageOf(error)}`)
  }
}

function reportOf({ name, partition, content }: Part): PartReport {
  const volume = content?.volume
  return {
    name,
    partition,
    type: content?.type,
    label: volume?.label ?? '',
    uuid: volume?.uuid,
    usedBytes: volume?.usedBytes,
    unreadable: content?.unreadable,
  }
}
