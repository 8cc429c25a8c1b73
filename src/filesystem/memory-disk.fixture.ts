import type { Disk } from '../disk/disk.ts'

/** A raw disk in memory, which counts what is read of it. */
export function memoryDisk(bytes: Uint8Array): Disk & { readonly bytesRead: () => number } {
  let read = 0
  return {
    format: 'raw',
    sizeBytes: bytes.length,
    extents: [{ offset: 0, length: bytes.length }],
    async read(offset, into) {
      if (offset < 0 || offset + into.length > bytes.length) throw new RangeError(`no byte ${offset} in this disk`)
      read += into.length
      into.set(bytes.subarray(offset, offset + into.length))
    },
    async close() {},
    bytesRead: () => read,
  }
}
