import type { Bytes, Disk } from './disk.ts'

/** A disk whose file is the disk, byte by byte. */
export async function openRaw(bytes: Bytes): Promise<Disk> {
  return {
    format: 'raw',
    sizeBytes: bytes.sizeBytes,
    extents: await bytes.extents(),
    read: (offset, into) => bytes.read(offset, into),
    close: () => bytes.close(),
  }
}
