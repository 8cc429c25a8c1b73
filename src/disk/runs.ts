import type { Extent } from './disk.ts'

/** More runs than this are made fewer by taking small gaps in: they cost memory, a gap read as zeros only time. */
const mostRuns = 1 << 17
const firstGap = 4096

/** Gathers runs in the order of offsets; runs that touch become one. */
export interface Runs {
  add(offset: number, length: number): void
  done(): readonly Extent[]
}

/** Gathers runs of a disk of this size; what lies beyond its end is cut off. Memory is bounded, whatever is added. */
export function gatherRuns(sizeBytes: number, most: number = mostRuns): Runs {
  let runs: Extent[] = []
  let gap = 0

  function put(into: Extent[], next: Extent): void {
    const last = into.at(-1)
    const near = last !== undefined && next.offset <= last.offset + last.length + gap
    if (!near) into.push(next)
    else {
      const end = Math.max(last.offset + last.length, next.offset + next.length)
      into[into.length - 1] = { offset: last.offset, length: end - last.offset }
    }
  }

  function thin(): void {
    while (runs.length > most) {
      gap = gap === 0 ? firstGap : gap * 2
      const fewer: Extent[] = []
      for (const run of runs) put(fewer, run)
      runs = fewer
    }
  }

  return {
    add: (offset, length) => {
      const end = Math.min(offset + length, sizeBytes)
      if (end <= offset) return
      put(runs, { offset, length: end - offset })
      if (runs.length > most) thin()
    },
    done: () => runs,
  }
}

/** The runs with their ends moved outwards to multiples of `granule` bytes, but not beyond the end of the disk. */
export function alignRuns(extents: readonly Extent[], granule: number, sizeBytes: number): readonly Extent[] {
  const runs = gatherRuns(sizeBytes)
  for (const { offset, length } of extents) {
    const begin = offset - (offset % granule)
    runs.add(begin, Math.ceil((offset + length) / granule) * granule - begin)
  }
  return runs.done()
}

/** What of the runs lies between `begin` and `end`. */
export function runsWithin(extents: readonly Extent[], begin: number, end: number): readonly Extent[] {
  const found: Extent[] = []
  for (let index = firstEndingAfter(extents, begin); index < extents.length; index += 1) {
    const run = extents[index]
    if (run === undefined || run.offset >= end) break
    const from = Math.max(run.offset, begin)
    found.push({ offset: from, length: Math.min(run.offset + run.length, end) - from })
  }
  return found
}

/** The index of the first run with bytes after `offset`. */
export function firstEndingAfter(extents: readonly Extent[], offset: number): number {
  let low = 0
  let high = extents.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const run = extents[middle]
    if (run !== undefined && run.offset + run.length <= offset) low = middle + 1
    else high = middle
  }
  return low
}

/** Bytes in all runs. */
export function bytesIn(extents: readonly Extent[]): number {
  return extents.reduce((sum, { length }) => sum + length, 0)
}

/** @throws RangeError when there are no such bytes in something of `sizeBytes` */
export function checkRange(offset: number, length: number, sizeBytes: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > sizeBytes) {
    throw new RangeError(`no ${length} bytes at ${offset} of ${sizeBytes}`)
  }
}
