import type { Extent } from '../disk/disk.ts'

/** The numbers of the parts that hold something, in order, each once. */
export function* touchedParts(extents: Iterable<Extent>, partBytes: number): Generator<number> {
  let next = 0
  for (const { offset, length } of extents) {
    if (length <= 0) continue
    const last = Math.floor((offset + length - 1) / partBytes)
    for (let part = Math.max(next, Math.floor(offset / partBytes)); part <= last; part++) yield part
    next = Math.max(next, last + 1)
  }
}

/** How many parts that are. */
export function countTouched(extents: Iterable<Extent>, partBytes: number): number {
  let count = 0
  for (const _ of touchedParts(extents, partBytes)) count += 1
  return count
}
