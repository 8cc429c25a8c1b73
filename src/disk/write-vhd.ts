import type { Bytes, Disk } from './disk.ts'
import { grown } from './grown.ts'
import { fixed, joined } from './joined.ts'
import { fixedVhdFooter } from './vhd-footer.ts'

const mib = 1 << 20

/**
 * The disk as a VHD of fixed size, as Azure takes it: the bytes of the disk, zeros up to a whole MiB, and the footer,
 * which that size does not count. Any part of it can be read, its holes are told, and no file is made of it.
 * https://learn.microsoft.com/azure/virtual-machines/linux/create-upload-generic#resize-vhds (2026-11)
 */
export function asFixedVhd(disk: Disk): Bytes {
  const { sizeBytes, extents, read } = grown(disk, mib)
  return joined([{ length: sizeBytes, read, extents }, fixed(fixedVhdFooter(sizeBytes))], () => disk.close())
}
