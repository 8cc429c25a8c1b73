import type { Disk } from './disk.ts'
import { checkRange } from './runs.ts'

/** The same disk with zeros after its end, so that its size is a whole multiple of so many bytes. */
export function grown(disk: Disk, multipleBytes: number): Disk {
  const sizeBytes = Math.ceil(disk.sizeBytes / multipleBytes) * multipleBytes
  if (sizeBytes === disk.sizeBytes) return disk
  return {
    ...disk,
    sizeBytes,
    read: async (offset, into) => {
      checkRange(offset, into.length, sizeBytes)
      const there = Math.max(0, Math.min(into.length, disk.sizeBytes - offset))
      if (there > 0) await disk.read(offset, into.subarray(0, there))
      into.fill(0, there)
    },
  }
}
