import type { Disk } from '../../disk/disk.ts'
import { bootLoadersOf } from './architecture.ts'
import type { Layout, Part } from './layout.ts'
import { type Told, untold } from './told.ts'

/** What a disk can be started by; `both` starts on either. */
export type Firmware = 'uefi' | 'bios' | 'both'

/** An EFI system partition and the boot loaders on it. */
export interface Esp {
  readonly part: Part
  readonly loaders: Awaited<ReturnType<typeof bootLoadersOf>>
}

/** The EFI system partitions of a disk whose files can be read; one that breaks while it is read has no loaders. */
export async function espsOf({ parts }: Layout): Promise<readonly Esp[]> {
  const found: Esp[] = []
  for (const part of parts) {
    if (part.partition?.purpose !== 'esp' || part.files === undefined) continue
    found.push({ part, loaders: await bootLoadersOf(part.files).catch(() => []) })
  }
  return found
}

/** What can start the disk. */
export async function firmwareOf(disk: Disk, layout: Layout, esps: readonly Esp[]): Promise<Told<Firmware>> {
  const loaded = esps.find(({ loaders }) => loaders.length > 0)
  const uefi = loaded === undefined ? undefined : `${loaded.part.name}: ${loaded.loaders[0]?.path}`
  const bios = await biosBoot(disk, layout)
  if (uefi !== undefined && bios !== undefined) return { value: 'both', evidence: `${uefi}; ${bios}` }
  if (uefi !== undefined) return { value: 'uefi', evidence: uefi }
  if (bios !== undefined) return { value: 'bios', evidence: bios }
  const [esp] = esps
  return untold(
    esp === undefined
      ? 'no EFI system partition that can be read, and no boot code for a BIOS'
      : `${esp.part.name}: an EFI system partition without /EFI/BOOT/BOOTX64.EFI or BOOTAA64.EFI, and no boot code for a BIOS`,
  )
}

/**
 * Boot code in the first sector is taken for one that starts the disk when there is something it could start: on a GPT a
 * BIOS boot partition that is not empty, else a partition or a file system.
 */
async function biosBoot(disk: Disk, { table, parts }: Layout): Promise<string | undefined> {
  if (disk.sizeBytes < 512) return undefined
  const sector = Buffer.alloc(512)
  await disk.read(0, sector)
  // The boot sectors of FAT and of an empty MBR begin with a jump or zeros and hold no GRUB, SYSLINUX or LILO.
  const code = sector.subarray(0, 440)
  if (code.every((byte) => byte === 0) || sector.readUInt16LE(510) !== 0xaa55) return undefined
  if (table.scheme === 'none') return undefined
  if (table.scheme === 'mbr') return parts.length > 0 ? 'boot code in the MBR' : undefined
  for (const { name, partition } of parts) {
    if (partition?.purpose !== 'bios-boot' || partition.offset + 512 > disk.sizeBytes) continue
    const core = Buffer.alloc(512)
    await disk.read(partition.offset, core)
    if (core.some((byte) => byte !== 0)) return `boot code in the MBR and in ${name}, a BIOS boot partition`
  }
  return undefined
}
