/** A run of a disk that its partition table gives a number and a purpose. */
export interface Partition {
  /** As Linux counts them: logical partitions of an MBR from 5 on. */
  readonly number: number
  readonly offset: number
  readonly sizeBytes: number
  /** The type as the table says it: a GUID in capitals, or `0x83`. */
  readonly type: string
  /** What that type stands for, where it is a known one. */
  readonly purpose: Purpose | undefined
  /** The name in a GPT; empty in an MBR. */
  readonly name: string
  /** The partition's own GUID. */
  readonly id?: string
}

export type Purpose = 'esp' | 'bios-boot' | 'linux' | 'linux-root' | 'boot' | 'swap' | 'lvm' | 'raid' | 'luks' | 'other'

/** How a disk is divided, and what is wrong with that. */
export interface PartitionTable {
  /** `none`: a file system over the whole disk, or nothing. */
  readonly scheme: 'gpt' | 'mbr' | 'none'
  readonly partitions: readonly Partition[]
  /** One sentence for each thing that is broken. */
  readonly findings: readonly string[]
}

// UEFI Specification 2.10, 5.3.3; https://uapi-group.org/specifications/specs/discoverable_partitions_specification/
// and, for BIOS boot, https://www.gnu.org/software/grub/manual/grub/html_node/BIOS-installation.html (2026-11)
const guids: Readonly<Record<string, Purpose>> = {
  'C12A7328-F81F-11D2-BA4B-00A0C93EC93B': 'esp',
  '21686148-6449-6E6F-744E-656564454649': 'bios-boot',
  '0FC63DAF-8483-4772-8E79-3D69D8477DE4': 'linux',
  '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709': 'linux-root',
  'B921B045-1DF0-41C3-AF44-4C6F280D3FAE': 'linux-root',
  '44479540-F297-41B2-9AF7-D131D5F0458A': 'linux-root',
  '69DAD710-2CE4-4E3C-B16C-21A1D49ABED3': 'linux-root',
  'BC13C2FF-59E6-4262-A352-B275FD6F7172': 'boot',
  '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F': 'swap',
  'E6D6D379-F507-44C2-A23C-238F2A3DF928': 'lvm',
  'A19D880F-05FC-4D3B-A006-743F0F84911E': 'raid',
  'CA7D7CCB-63ED-4C53-861C-1742536059CC': 'luks',
}

// https://www.win.tue.nl/~aeb/partitions/partition_types-1.html (2026-11)
const bytes: Readonly<Record<number, Purpose>> = {
  130: 'swap',
  131: 'linux',
  142: 'lvm',
  234: 'boot',
  239: 'esp',
  253: 'raid',
}

/** What a type GUID, in capitals, stands for. */
export function purposeOfGuid(guid: string): Purpose {
  return guids[guid] ?? 'other'
}

/** What a type byte of an MBR stands for. */
export function purposeOfByte(type: number): Purpose {
  return bytes[type] ?? 'other'
}

/** Complaints about partitions that reach beyond the disk or into each other. */
export function misplaced(partitions: readonly Partition[], diskBytes: number): readonly string[] {
  const ordered = partitions.toSorted((a, b) => a.offset - b.offset)
  return ordered.flatMap((partition, index) => {
    const end = partition.offset + partition.sizeBytes
    const next = ordered[index + 1]
    const beyond = `partition ${partition.number} ends at byte ${end}, and the disk at byte ${diskBytes}`
    const overlap = `partitions ${partition.number} and ${next?.number} overlap`
    return [end > diskBytes ? [beyond] : [], next !== undefined && end > next.offset ? [overlap] : []].flat()
  })
}
