import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import type { PageBlobs, PageRange } from './disk-port.ts'
import { pageSink } from './page-sink.ts'

const part = 4 * 1024 * 1024
const granule = 64 * 1024
const blob = { account: 'a', container: 'c', name: 'n' }

/** Blob Storage that remembers which pages it was given; `there` were stored before. */
function storage(there: readonly PageRange[] = []) {
  const put: PageRange[] = []
  const nothing = async () => undefined
  const blobs: PageBlobs = {
    ...{ create: nothing, setMetadata: nothing, remove: nothing, metadata: async () => ({}), list: async () => [] },
    async putPages(_, offset, { length }) {
      put.push({ offset, length })
    },
    ranges: async () => [...there, ...put].sort((a, b) => a.offset - b.offset),
  }
  return { blobs, put }
}

function bytes(...granules: readonly number[]): Buffer {
  const made = Buffer.alloc(part)
  for (const at of granules) made[at * granule + 77] = 1
  return made
}

test('only granules that hold something are sent, neighbours at once, and what was sent is told', async () => {
  const { blobs, put } = storage()
  const sink = pageSink(blobs, blob, async () => undefined)
  await sink.stored()
  expect(await sink.put(2, bytes(0, 1, 5, 63), false)).toBe(4 * granule)
  expect(put).toEqual([
    { offset: 2 * part, length: 2 * granule },
    { offset: 2 * part + 5 * granule, length: granule },
    { offset: 2 * part + 63 * granule, length: granule },
  ])
})

test('the footer is sent as a page of its own', async () => {
  const { blobs, put } = storage()
  const sink = pageSink(blobs, blob, async () => undefined)
  await sink.stored()
  expect(await sink.put(1, Buffer.alloc(512, 'conectix'), false)).toBe(512)
  expect(put).toEqual([{ offset: part, length: 512 }])
})

test('what Blob Storage has is not sent again, whatever was written down; what it lacks is', async () => {
  // Two ranges that touch hold the first run; of the second only a part is there.
  const { blobs, put } = storage([
    { offset: 0, length: granule },
    { offset: granule, length: granule },
    { offset: 5 * granule, length: 512 },
  ])
  const sink = pageSink(blobs, blob, async () => undefined)
  expect(await sink.stored()).toEqual(new Set())
  expect(await sink.put(0, bytes(0, 1, 5), true)).toBe(granule)
  expect(put).toEqual([{ offset: 5 * granule, length: granule }])
})

test('it is finished when all that was to be sent is there, and not before', async () => {
  let finished = 0
  const { blobs } = storage()
  const whole = pageSink(blobs, blob, async () => void finished++)
  await whole.stored()
  await whole.put(0, bytes(3), false)
  await whole.finish(part)
  expect(finished).toBe(1)
  const lossy = pageSink(
    { ...blobs, ranges: async () => [{ offset: 0, length: granule }] },
    blob,
    async () => void finished++,
  )
  await lossy.stored()
  await lossy.put(0, bytes(0, 9), false)
  await expect(lossy.finish(part)).rejects.toThrow(`lacks what was stored at byte ${9 * granule}`)
  expect(finished).toBe(1)
})
