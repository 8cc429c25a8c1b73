import type { Bytes, Extent } from './disk.ts'
import { checkRange, gatherRuns } from './runs.ts'

/** Some bytes of a file that is never written: computed, or read from a disk, when they are asked for. */
export interface Section {
  readonly length: number
  /** Fills `into` with the bytes from `offset` of this section on. */
  readonly read: (offset: number, into: Uint8Array) => Promise<void>
  /** What is to be read; everything, when it is not told. */
  readonly extents?: readonly Extent[]
}

/** A section of bytes that are there already. */
export function fixed(bytes: Uint8Array): Section {
  return { length: bytes.length, read: async (offset, into) => into.set(bytes.subarray(offset, offset + into.length)) }
}

/** Sections one after the other, as a file that can be read anywhere. */
export function joined(sections: readonly Section[], close: () => Promise<void>): Bytes {
  const starts = new Float64Array(sections.length)
  let sizeBytes = 0
  for (const [index, { length }] of sections.entries()) {
    starts[index] = sizeBytes
    sizeBytes += length
  }

  /** The last section that begins at or before `offset`; of several, the one that has bytes. */
  function sectionAt(offset: number): number {
    let low = 0
    let high = sections.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  return {
    sizeBytes,
    extents: async () => {
      const runs = gatherRuns(sizeBytes)
      for (const [index, { length, extents = [{ offset: 0, length }] }] of sections.entries()) {
        for (const run of extents) runs.add((starts[index] ?? 0) + run.offset, run.length)
      }
      return runs.done()
    },
    read: async (offset, into) => {
      checkRange(offset, into.length, sizeBytes)
      let done = 0
      for (let index = sectionAt(offset); done < into.length; index += 1) {
        const section = sections[index]
        if (section === undefined) break
        const within = offset + done - (starts[index] ?? 0)
        const length = Math.min(section.length - within, into.length - done)
        if (length > 0) await section.read(within, into.subarray(done, done + length))
        done += length
      }
    },
    close,
  }
}

/** All bytes in order, in parts of `partBytes`. */
export async function* partsOf(bytes: Bytes, partBytes: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.sizeBytes; offset += partBytes) {
    const part = Buffer.allocUnsafeSlow(Math.min(partBytes, bytes.sizeBytes - offset))
    await bytes.read(offset, part)
    yield part
  }
}
