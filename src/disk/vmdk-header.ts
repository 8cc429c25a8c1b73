import { convertHint, damaged, refused } from './damage.ts'
import type { Bytes } from './disk.ts'
import { numberOf, readUpTo } from './head.ts'

/** What the header of a sparse VMDK tells. Offsets and sizes are bytes. */
export interface VmdkHeader {
  readonly sizeBytes: number
  readonly grainBytes: number
  /** Entries of one grain table. */
  readonly tableEntries: number
  /** Entries of the directory of grain tables. */
  readonly directoryEntries: number
  readonly directoryOffset: number
  readonly compressed: boolean
}

export const vmdkMagic = 'KDMV'
const sector = 512
const atEnd = (1n << 64n) - 1n
const mostDirectoryBytes = 32 << 20
const mostDescriptorBytes = 1 << 20

/** Version 3 differs from 1 and 2 only in what writers must keep ("changed block tracking"). */
const versions = [1, 2, 3]
const compressedFlag = 1 << 16

/**
 * Reads the header of a sparse VMDK in one file: monolithicSparse, or streamOptimized with its directory at the end.
 * VMware, "Virtual Disk Format 5.0" (technical note, 2011), "Hosted Sparse Extents" (2026-11).
 * @throws SindriError `unsupported` for one piece of several or a child, `failed` when a field cannot be true
 */
export async function readVmdkHeader(bytes: Bytes): Promise<VmdkHeader> {
  if (looksLikeDescriptor(await readUpTo(bytes, 0, 64))) {
    refuseDescriptor((await readUpTo(bytes, 0, mostDescriptorBytes)).toString('latin1'))
    throw refused('VMDK', 'it is only the description of a disk', pieces)
  }
  const first = await headerAt(bytes, 0)
  const { descriptorAt, descriptorBytes } = descriptorOf(first)
  if (descriptorBytes > mostDescriptorBytes) throw damaged('VMDK', `a descriptor of ${descriptorBytes} bytes`)
  refuseDescriptor((await readUpTo(bytes, descriptorAt, descriptorBytes)).toString('latin1'))
  // A stream's writer knows where the directory is only at the end; the header stands there once more.
  const header = first.readBigUInt64LE(56) === atEnd ? await headerAt(bytes, bytes.sizeBytes - 2 * sector) : first
  return fieldsOf(header, bytes.sizeBytes)
}

/** True when a text that describes a disk of other files begins here. */
export function looksLikeDescriptor(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 64).startsWith('# Disk DescriptorFile')
}

async function headerAt(bytes: Bytes, offset: number): Promise<Buffer> {
  const header = await readUpTo(bytes, Math.max(0, offset), sector)
  if (header.length < sector || header.toString('latin1', 0, 4) !== vmdkMagic) {
    throw damaged('VMDK', `there is no header at ${offset}`)
  }
  const version = header.readUInt32LE(4)
  if (!versions.includes(version)) throw refused('VMDK', `its version is ${version}`, convertHint)
  return header
}

function descriptorOf(header: Buffer): { readonly descriptorAt: number; readonly descriptorBytes: number } {
  return {
    descriptorAt: numberOf(header.readBigUInt64LE(28)) * sector,
    descriptorBytes: numberOf(header.readBigUInt64LE(36)) * sector,
  }
}

/** Refuses disks that are more than this file. @throws SindriError `unsupported` */
function refuseDescriptor(text: string): void {
  const kind = /^\s*createType\s*=\s*"?([^"\r\n]*)"?/m.exec(text)?.[1] ?? 'none'
  const parent = /^\s*parentCID\s*=\s*([0-9a-f]+)/im.exec(text)?.[1] ?? 'ffffffff'
  if (parent.toLowerCase() !== 'ffffffff') {
    throw refused('VMDK', `it holds only the differences to a parent (parentCID ${parent.slice(0, 40)})`, convertHint)
  }
  if (kind === 'none') throw refused('VMDK', 'it does not say what kind it is; it may be one piece of several', pieces)
  if (kind !== 'monolithicSparse' && kind !== 'streamOptimized') {
    throw refused('VMDK', `its kind is ${JSON.stringify(kind.slice(0, 40))}, whose data is in other files`, pieces)
  }
}

const pieces = 'qemu-img convert -O qcow2 <the .vmdk with the text descriptor> disk.qcow2 makes one file of it'

function fieldsOf(header: Buffer, fileBytes: number): VmdkHeader {
  const sizeBytes = numberOf(header.readBigUInt64LE(12)) * sector
  const grainBytes = numberOf(header.readBigUInt64LE(20)) * sector
  const tableEntries = header.readUInt32LE(44)
  const directoryOffset = numberOf(header.readBigUInt64LE(56)) * sector
  const compressed = (header.readUInt32LE(8) & compressedFlag) !== 0
  if (!Number.isSafeInteger(sizeBytes)) throw damaged('VMDK', `a disk of ${sizeBytes} bytes`)
  if (grainBytes < 4096 || grainBytes > 8 << 20 || Math.log2(grainBytes) % 1 !== 0) {
    throw damaged('VMDK', `grains of ${grainBytes} bytes`)
  }
  if (tableEntries < 1 || tableEntries > 512) throw damaged('VMDK', `${tableEntries} entries in a grain table`)
  if (compressed && header.readUInt16LE(77) !== 1) {
    throw refused('VMDK', `its compression is ${header.readUInt16LE(77)}`, convertHint)
  }
  const directoryEntries = Math.ceil(sizeBytes / (grainBytes * tableEntries))
  if (directoryEntries * 4 > mostDirectoryBytes) {
    throw refused('VMDK', `a disk of ${sizeBytes} bytes needs too large a directory`, convertHint)
  }
  if (directoryOffset < sector || directoryOffset + directoryEntries * 4 > fileBytes) {
    throw damaged('VMDK', `its directory at ${directoryOffset} is not in the file`)
  }
  return { sizeBytes, grainBytes, tableEntries, directoryEntries, directoryOffset, compressed }
}
