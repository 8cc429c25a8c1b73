import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Disk, Extent } from '../disk/disk.ts'
import { type SharedDisk, sharedRead } from './shared-read.ts'

const mib = 1 << 20
const { signal } = new AbortController()

/** A disk whose every MiB holds its own number; counts the bytes that are read of its extents. */
function numbered(count: number, extents: readonly Extent[] = [{ offset: 0, length: count * mib }]) {
  let read = 0
  const disk: Disk = {
    ...{ format: 'raw', sizeBytes: count * mib, extents, close: async () => undefined },
    async read(offset, into) {
      await Promise.resolve()
      for (let done = 0; done < into.length; ) {
        const index = Math.floor((offset + done) / mib)
        const length = Math.min((index + 1) * mib - offset - done, into.length - done)
        into.fill(index, done, done + length)
        done += length
      }
      read += into.length
    },
  }
  return { disk, bytesRead: () => read }
}

/** Reads everything in parts, after each of which `pause` may wait; tells which MiBs were wrong. */
async function readAll(disk: SharedDisk, partBytes: number, pause = async (): Promise<void> => undefined) {
  const wrong: number[] = []
  for (let offset = 0; offset < disk.sizeBytes; offset += partBytes) {
    const part = Buffer.alloc(Math.min(partBytes, disk.sizeBytes - offset))
    await disk.read(offset, part)
    for (let at = 0; at < part.length; at += mib / 2)
      if (part[at] !== Math.floor((offset + at) / mib)) wrong.push(offset + at)
    await pause()
  }
  await disk.close()
  return wrong
}

test('three readers with parts of their own get every byte, and the disk is read once', async () => {
  const { disk, bytesRead } = numbered(40)
  const join = sharedRead(disk, { windowBytes: 4 * mib, clock: systemClock, signal })
  const [one, two, three] = [join(), join(), join()]
  const wrong = await Promise.all([readAll(one, mib / 2), readAll(two, 4 * mib), readAll(three, 3 * mib)])
  expect(wrong).toEqual([[], [], []])
  expect(bytesRead()).toBe(40 * mib)
})

test('whoever is ahead waits for the slow one, and no more than the window is kept', async () => {
  const { disk } = numbered(40)
  let loaded = 0
  let had = 0
  let mostAhead = 0
  const counting: Disk = {
    ...disk,
    async read(offset, into) {
      loaded = Math.max(loaded, Math.floor(offset / mib) + 1)
      mostAhead = Math.max(mostAhead, loaded - had)
      await disk.read(offset, into)
    },
  }
  const join = sharedRead(counting, { windowBytes: 4 * mib, clock: systemClock, signal })
  const [fast, slow] = [join(), join()]
  const done = await Promise.all([
    readAll(fast, mib),
    readAll(slow, mib, async () => {
      had += 1
      await new Promise((resolve) => setImmediate(resolve))
    }),
  ])
  expect(done).toEqual([[], []])
  expect(mostAhead).toBeLessThanOrEqual(6)
})

test('one that stands still is left behind: the other ends, and it reads by itself later', async () => {
  const { disk, bytesRead } = numbered(20)
  let now = 0
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      now += ms
    },
  }
  const join = sharedRead(disk, { windowBytes: 2 * mib, clock, signal })
  const [fast, stuck] = [join(), join()]
  await stuck.read(0, Buffer.alloc(mib))
  expect(await readAll(fast, mib)).toEqual([])
  expect(await readAll(stuck, mib)).toEqual([])
  expect(bytesRead()).toBeLessThanOrEqual(40 * mib)
})

test('one that comes late reads by itself and holds nobody up', async () => {
  const { disk } = numbered(20)
  const join = sharedRead(disk, { windowBytes: 2 * mib, clock: systemClock, signal })
  const [one, two] = [join(), join()]
  await Promise.all([one.read(0, Buffer.alloc(mib)), two.read(0, Buffer.alloc(mib))])
  const late = join()
  expect(await Promise.all([readAll(one, mib), readAll(two, mib)])).toEqual([[], []])
  expect(await readAll(late, 2 * mib)).toEqual([])
})

test('a hole between runs does not count as being ahead', async () => {
  const { disk, bytesRead } = numbered(100, [
    { offset: 0, length: 2 * mib },
    { offset: 90 * mib, length: 2 * mib },
  ])
  const join = sharedRead(disk, { windowBytes: 4 * mib, clock: systemClock, signal })
  const [one, two] = [join(), join()]
  const runs = async (shared: SharedDisk): Promise<void> => {
    for (const index of [0, 1, 90, 91]) await shared.read(index * mib, Buffer.alloc(mib))
    await shared.close()
  }
  await runs(one)
  await runs(two)
  expect(bytesRead()).toBe(4 * mib)
})
