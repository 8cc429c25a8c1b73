import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import { SindriError } from '../core/error.ts'
import type { SindriEvent } from '../core/events.ts'
import { instantClock } from '../core/fake-cloud.fixture.ts'
import type { PartRecord, PartSink, Sink, StreamSink } from '../core/sink.ts'
import type { Disk, Extent } from '../disk/disk.ts'
import { sender } from './send.ts'

const partBytes = 4096

/** A disk over bytes; its extents are given or everything. */
function diskOf(bytes: Buffer, extents: readonly Extent[] = [{ offset: 0, length: bytes.length }]) {
  let read = 0
  const disk: Disk = {
    ...{ format: 'raw', sizeBytes: bytes.length, extents, close: async () => undefined },
    async read(offset, into) {
      read += into.length
      into.set(bytes.subarray(offset, offset + into.length))
    },
  }
  return { disk, bytesRead: () => read }
}

/** A sink that keeps what it is sent; `fails` may throw before a part is kept. */
function keeper(zeros: PartSink['zeros'], fails: (index: number) => void = () => undefined) {
  const kept = new Map<number, Buffer>()
  const noted: number[] = []
  let finished = 0
  const sink: PartSink = {
    ...{ kind: 'parts', format: 'raw', partBytes: () => partBytes, zeros, stored: async () => new Set<number>() },
    async put(index, bytes, stored) {
      if (stored) {
        noted.push(index)
        return 0
      }
      fails(index)
      kept.set(index, Buffer.from(bytes))
      return bytes.length
    },
    async finish() {
      finished += 1
    },
  }
  return { sink, kept, noted, finished: () => finished }
}

function memory(): PartRecord & { readonly parts: Set<number> } {
  const parts = new Set<number>()
  return {
    parts,
    read: async () => new Set(parts),
    async write(stored) {
      for (const part of stored) parts.add(part)
    },
  }
}

function send(disk: Disk, sink: Sink, record: PartRecord = memory(), events: SindriEvent[] = []): Promise<void> {
  const { signal } = new AbortController()
  const fill = sender({ disk, clock: instantClock(), signal, emit: (event) => events.push(event) })
  return fill('snapshot', sink, record)
}

const data = Buffer.alloc(10 * partBytes + 100)
data.fill('one', 0, partBytes)
data.fill('two', 5 * partBytes + 10, 5 * partBytes + 20)
data.fill('end', 10 * partBytes)

test('parts with bytes are sent once, zeros are left out, and the last part is as short as the disk', async () => {
  const { sink, kept, finished } = keeper('skip')
  const events: SindriEvent[] = []
  await send(diskOf(data).disk, sink, memory(), events)
  expect([...kept.keys()].sort((a, b) => a - b)).toEqual([0, 5, 10])
  expect(kept.get(10)).toEqual(data.subarray(10 * partBytes))
  expect(kept.get(5)).toEqual(data.subarray(5 * partBytes, 6 * partBytes))
  expect(finished()).toBe(1)
  const last = events.findLast((event) => event.type === 'progress')
  expect(last).toMatchObject({ bytes: { sent: 2 * partBytes + 100, skipped: 8 * partBytes } })
})

test('what lies between extents is not even read', async () => {
  const extents = [
    { offset: 10, length: 20 },
    { offset: 5 * partBytes, length: partBytes },
    { offset: 10 * partBytes, length: 100 },
  ]
  const { disk, bytesRead } = diskOf(data, extents)
  const { sink, kept } = keeper('skip')
  await send(disk, sink)
  expect([...kept.keys()].sort((a, b) => a - b)).toEqual([0, 5, 10])
  expect(bytesRead()).toBe(2 * partBytes + 100)
})

test('a sink that wants zeros gets every part', async () => {
  const { sink, kept } = keeper('send')
  await send(diskOf(data, []).disk, sink)
  expect(kept.size).toBe(11)
})

test('a part that is throttled is sent again; one that is refused ends it, unfinished', async () => {
  let throttled = 3
  const patient = keeper('skip', () => {
    if (throttled-- > 0) throw new SindriError('timeout', 'slow down')
  })
  await send(diskOf(data).disk, patient.sink)
  expect(patient.kept.size).toBe(3)
  const refused = keeper('skip', (index) => {
    if (index === 5) throw new SindriError('denied', 'not you')
  })
  await expect(send(diskOf(data).disk, refused.sink)).rejects.toThrow('not you')
  expect(refused.finished()).toBe(0)
})

test('a run after one that broke off sends only what is missing, and the sink is told of the rest', async () => {
  const record = memory()
  const first = keeper('skip', (index) => {
    if (index === 10) throw new SindriError('failed', 'kill -9')
  })
  await expect(send(diskOf(data).disk, first.sink, record)).rejects.toThrow('kill -9')
  expect([...record.parts].sort((a, b) => a - b)).toEqual([0, 5])
  const second = keeper('skip')
  await send(diskOf(data).disk, second.sink, record)
  expect([...second.kept.keys()]).toEqual([10])
  expect(second.noted.sort()).toEqual([0, 5])
  expect(second.finished()).toBe(1)
})

test('a stream that broke off is written again from the beginning, and says what was really sent', async () => {
  const events: SindriEvent[] = []
  const arrived: Buffer[] = []
  let attempts = 0
  const sink: StreamSink = {
    ...{ kind: 'stream', format: 'raw' },
    async write(open, sizeBytes) {
      attempts += 1
      expect(sizeBytes).toBe(data.length)
      for await (const piece of open()) {
        if (attempts === 1) throw new SindriError('timeout', 'the connection broke')
        arrived.push(Buffer.from(piece))
      }
      return 100
    },
  }
  await send(diskOf(data).disk, sink, memory(), events)
  expect(Buffer.concat(arrived).equals(data)).toBe(true)
  expect(events.at(-1)).toMatchObject({ fraction: 1, bytes: { sent: 100, skipped: data.length - 100 } })
})

test('parts are of the file as the place wants it written down', async () => {
  const { sink, kept } = keeper('skip')
  await send(diskOf(data).disk, { ...sink, format: 'vhd', partBytes: (sizeBytes) => (sizeBytes - 512) / 2 })
  const footer = kept.get(2)
  expect(footer?.toString('latin1', 0, 8)).toBe('conectix')
})

test('parts that cannot be written down end the sending, and nothing else', async () => {
  const full: PartRecord = { read: async () => new Set(), write: () => Promise.reject(new Error('no room')) }
  let now = 0
  // Each look at the clock is late enough for the next writing down.
  const clock = { ...instantClock(), now: () => (now += 3_000) }
  const { signal } = new AbortController()
  const { disk } = diskOf(Buffer.alloc(20 * partBytes, 'data'))
  const send = sender({ disk, clock, signal, emit: () => undefined })
  await expect(send('step', keeper('skip').sink, full)).rejects.toThrow('no room')
})

test('a sink that is throttled when it is asked, and when it is finished, is asked again', async () => {
  const { sink, kept } = keeper('skip')
  const slow = new SindriError('timeout', 'not now')
  const left = { stored: 2, finish: 2 }
  const throttled: PartSink = {
    ...sink,
    stored: () => (left.stored-- > 0 ? Promise.reject(slow) : sink.stored()),
    finish: (size) => (left.finish-- > 0 ? Promise.reject(slow) : sink.finish(size)),
  }
  await send(diskOf(Buffer.alloc(2 * partBytes, 'data')).disk, throttled)
  expect(kept.size).toBe(2)
})
