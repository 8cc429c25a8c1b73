import { Buffer } from 'node:buffer'
import { SindriError } from '../../core/error.ts'
import type { PartSink } from '../../core/sink.ts'
import type { BlobPlace, PageBlobs, PageRange } from './disk-port.ts'

/** What one request may store. https://learn.microsoft.com/rest/api/storageservices/put-page (2026-11) */
const partBytes = 4 * 1024 * 1024
/** Zeros of this many bytes are not sent: less would cost more requests than it saves bytes. */
const granuleBytes = 64 * 1024
const zeros = new Uint8Array(granuleBytes)

/**
 * The pages of a blob that was made in its whole size, as a VHD. Pages that were never stored read as zeros. Blob Storage
 * tells what it has, so that a run after one that broke off sends nothing twice, and that all has arrived is asked at the
 * end. `finished` is called then.
 */
export function pageSink(blobs: PageBlobs, blob: BlobPlace, finished: () => Promise<void>): PartSink {
  let there: Promise<readonly PageRange[]> | undefined
  const needed: PageRange[] = []
  return {
    kind: 'parts',
    format: 'vhd',
    partBytes: () => partBytes,
    zeros: 'skip',
    // Which parts are whole shows only with their bytes at hand: `put` leaves out what is there.
    async stored() {
      there = blobs.ranges(blob)
      await there
      return new Set()
    },
    async put(index, bytes) {
      const before = (await there) ?? []
      let sent = 0
      for (const { offset, length } of runsIn(bytes)) {
        const range = { offset: index * partBytes + offset, length }
        if (!covered(range, before)) {
          await blobs.putPages(blob, range.offset, bytes.subarray(offset, offset + length))
          sent += length
        }
        needed.push(range)
      }
      return sent
    },
    async finish() {
      const now = await blobs.ranges(blob)
      const lost = needed.find((range) => !covered(range, now))
      if (lost !== undefined)
        throw new SindriError('failed', `${blob.name} lacks what was stored at byte ${lost.offset}`, {
          hint: 'run the same command again: it is sent anew',
        })
      await finished()
    },
  }
}

/** Neighbouring granules that are not all zeros, as one. */
function runsIn(bytes: Uint8Array): readonly PageRange[] {
  const runs: { offset: number; length: number }[] = []
  for (let offset = 0; offset < bytes.length; offset += granuleBytes) {
    const granule = bytes.subarray(offset, offset + granuleBytes)
    if (Buffer.compare(granule, zeros.subarray(0, granule.length)) === 0) continue
    const last = runs.at(-1)
    if (last !== undefined && last.offset + last.length === offset) last.length += granule.length
    else runs.push({ offset, length: granule.length })
  }
  return runs
}

/** Whether ranges in order, which may touch each other, hold all of another. */
function covered({ offset, length }: PageRange, ranges: readonly PageRange[]): boolean {
  let from = offset
  for (let index = firstBehind(ranges, offset); index < ranges.length; index++) {
    const range = ranges[index]
    if (range === undefined || range.offset > from) return false
    from = Math.max(from, range.offset + range.length)
    if (from >= offset + length) return true
  }
  return false
}

/** The index of the first range that ends behind `offset`. */
function firstBehind(ranges: readonly PageRange[], offset: number): number {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const range = ranges[middle]
    if (range !== undefined && range.offset + range.length <= offset) low = middle + 1
    else high = middle
  }
  return low
}
