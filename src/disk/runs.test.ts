import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Extent } from './disk.ts'
import { alignRuns, bytesIn, checkRange, gatherRuns, runsWithin } from './runs.ts'

const size = 2000
const someRuns = fc
  .array(fc.record({ offset: fc.nat(size), length: fc.nat(60) }), { maxLength: 40 })
  .map((runs) => runs.sort((a, b) => a.offset - b.offset))

function covered(runs: readonly Extent[]): Set<number> {
  return new Set(runs.flatMap(({ offset, length }) => Array.from({ length }, (_, index) => offset + index)))
}

function gather(runs: readonly Extent[], most?: number): readonly Extent[] {
  const gathered = gatherRuns(size, most)
  for (const { offset, length } of runs) gathered.add(offset, length)
  return gathered.done()
}

test('runs that touch become one, and every byte of the disk in a run stays in one', () => {
  fc.assert(
    fc.property(someRuns, (runs) => {
      const gathered = gather(runs)
      for (const [index, run] of gathered.entries()) {
        const next = gathered[index + 1]
        if (next !== undefined) expect(next.offset).toBeGreaterThan(run.offset + run.length)
      }
      const inside = [...covered(runs)].filter((at) => at < size)
      expect(covered(gathered)).toEqual(new Set(inside))
      expect(bytesIn(gathered)).toBe(new Set(inside).size)
    }),
  )
})

test('too many runs become few by taking gaps in, and lose no byte', () => {
  const runs = Array.from({ length: 500 }, (_, index) => ({ offset: index * 4, length: 1 }))
  const gathered = gather(runs, 8)
  expect(gathered.length).toBeLessThanOrEqual(8)
  const bytes = covered(gathered)
  expect(runs.filter(({ offset }) => !bytes.has(offset))).toEqual([])
})

test('aligned runs cover the same bytes and begin and end at borders', () => {
  fc.assert(
    fc.property(someRuns, (runs) => {
      const plain = gather(runs)
      const aligned = alignRuns(plain, 64, size)
      const bytes = covered(aligned)
      for (const at of covered(plain)) expect(bytes.has(at)).toBe(true)
      for (const { offset, length } of aligned) {
        expect(offset % 64).toBe(0)
        expect((offset + length) % 64 === 0 || offset + length === size).toBe(true)
      }
    }),
  )
})

test('what lies in a part of the disk is cut at its ends', () => {
  fc.assert(
    fc.property(someRuns, fc.nat(size), fc.nat(size), (runs, a, b) => {
      const plain = gather(runs)
      const [begin, end] = [Math.min(a, b), Math.max(a, b)]
      const inside = [...covered(plain)].filter((at) => at >= begin && at < end)
      expect(covered(runsWithin(plain, begin, end))).toEqual(new Set(inside))
    }),
  )
})

test.each([
  [-1, 1],
  [10, 1],
  [0, 11],
  [0.5, 1],
  [Number.NaN, 1],
])('there are no bytes at %s, %s of them, of ten', (offset, length) => {
  expect(() => checkRange(offset, length, 10)).toThrow(RangeError)
})
