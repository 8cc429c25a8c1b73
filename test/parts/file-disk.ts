import { open } from 'node:fs/promises'
import type { Disk } from '../../src/disk/disk.ts'

/** A raw disk in a file, as it stands. */
export async function fileDisk(path: string): Promise<Disk> {
  const file = await open(path)
  const { size } = await file.stat()
  return {
    format: 'raw',
    sizeBytes: size,
    extents: [{ offset: 0, length: size }],
    async read(offset, into) {
      const { bytesRead } = await file.read(into, 0, into.length, offset)
      if (bytesRead < into.length) throw new RangeError(`no byte ${offset + bytesRead} in ${path}`)
    },
    close: () => file.close(),
  }
}
