import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import { systemClock } from '../core/clock.ts'
import type { PartSink, StreamSink } from '../core/sink.ts'
import type { Disk } from '../disk/disk.ts'
import { sendTogether } from './send-together.ts'

const data = Buffer.alloc(5 * 1024 * 1024 + 100)
for (let at = 0; at < data.length; at += 4) data.writeUInt32LE(at, at)
const record = { read: async () => new Set<number>(), write: async () => undefined }

function openDisk() {
  let read = 0
  const disk: Disk = {
    ...{ format: 'raw', sizeBytes: data.length, extents: [{ offset: 0, length: data.length }], close: async () => {} },
    async read(offset, into) {
      read += into.length
      into.set(data.subarray(offset, offset + into.length))
    },
  }
  return { disk, bytesRead: () => read }
}

function parts(partBytes: number) {
  const kept = Buffer.alloc(data.length)
  const sink: PartSink = {
    ...{
      kind: 'parts',
      format: 'raw',
      partBytes: () => partBytes,
      zeros: 'skip',
      stored: async () => new Set<number>(),
    },
    async put(index, bytes) {
      kept.set(bytes, index * partBytes)
      return bytes.length
    },
    finish: async () => undefined,
  }
  return { sink, kept }
}

function stream() {
  const kept: Buffer[] = []
  const sink: StreamSink = {
    ...{ kind: 'stream', format: 'raw' },
    async write(open) {
      for await (const piece of open()) kept.push(Buffer.from(piece))
      return data.length
    },
  }
  return { sink, kept }
}

const options = { clock: systemClock, signal: new AbortController().signal, emit: () => undefined }

test('what wants parts and what wants a stream get the same bytes from one read', async () => {
  const { disk, bytesRead } = openDisk()
  const { fill } = sendTogether(['a', 'b', 'c'], { ...options, disk })
  const [small, large, whole] = [parts(512 * 1024), parts(3 * 1024 * 1024), stream()]
  await Promise.all([fill('a', small.sink, record), fill('b', large.sink, record), fill('c', whole.sink, record)])
  expect(small.kept.equals(data)).toBe(true)
  expect(large.kept.equals(data)).toBe(true)
  expect(Buffer.concat(whole.kept).equals(data)).toBe(true)
  expect(bytesRead()).toBe(data.length)
})

test('nobody waits for a step that has nothing to send, and one that fails holds up nobody', async () => {
  const { disk } = openDisk()
  const clock = { now: systemClock.now, sleep: () => new Promise<void>(() => undefined) }
  const { fill, without } = sendTogether(['a', 'b', 'c'], { ...options, clock, disk })
  without('c')
  const { sink, kept } = parts(512 * 1024)
  const refused: StreamSink = {
    ...{ kind: 'stream', format: 'raw' },
    write: () => Promise.reject(new Error('not you')),
  }
  const ends = await Promise.allSettled([fill('a', sink, record), fill('b', refused, record)])
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(kept.equals(data)).toBe(true)
})
