import type { Region } from './region.ts'

/** Blocks of a file that stand one after the other on the disk. Between runs there are holes. */
export interface Run {
  /** Counted in blocks from the start of the file. */
  readonly logical: number
  readonly physical: number
  readonly count: number
}

/** The bytes of a file, wherever they stand. */
export interface Content {
  /** Fills `into` with the bytes from `offset` on; returns how many there were. */
  read(offset: number, into: Uint8Array): Promise<number>
}

/** A file whose blocks are in `runs`, in the order of the file; what is in none of them is zeros. */
export function contentOfRuns(region: Region, blockBytes: number, sizeBytes: number, runs: readonly Run[]): Content {
  return {
    async read(offset, into) {
      const length = Math.max(0, Math.min(into.length, sizeBytes - offset))
      const end = offset + length
      let done = offset
      for (let index = firstAt(runs, offset / blockBytes); index < runs.length && done < end; index++) {
        const run = runs[index] as Run
        const start = run.logical * blockBytes
        const stop = Math.min(end, start + run.count * blockBytes)
        if (stop <= done) continue
        if (start >= end) break
        if (start > done) {
          into.fill(0, done - offset, start - offset)
          done = start
        }
        await region.fill(run.physical * blockBytes + done - start, into.subarray(done - offset, stop - offset))
        done = stop
      }
      into.fill(0, done - offset, length)
      return length
    },
  }
}

/** The index of the last run that begins at or before `block`, or 0. */
function firstAt(runs: readonly Run[], block: number): number {
  let low = 0
  let high = runs.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((runs[middle]?.logical ?? 0) <= block) low = middle
    else high = middle
  }
  return low
}
