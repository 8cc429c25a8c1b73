import { Buffer } from 'node:buffer'
import type { Clock } from '../core/clock.ts'
import { SindriError } from '../core/error.ts'
import type { Emit } from '../core/events.ts'
import type { Fill, PartRecord, Sink } from '../core/sink.ts'
import type { Disk } from '../disk/disk.ts'
import { openPace } from './pace.ts'
import { countTouched, touchedParts } from './parts.ts'

/** What a disk is sent with. */
export interface SendOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly emit: Emit
}

/** Bytes that are read and not yet stored, at most. */
const windowBytes = 128 * 1024 * 1024
const mostRequests = 64
const attempts = 15
const firstPauseMs = 250
const longestPauseMs = 15_000
const tellEveryMs = 500
const recordEveryMs = 2_000

/**
 * Sends a disk to sinks: what its extents hold, in parts, many at a time. Zeros are left out where the sink allows it,
 * and what an earlier run stored is read again but not sent again. A part that cannot be stored is tried again after
 * growing pauses, with fewer at once.
 */
export function sender(options: SendOptions): Fill {
  return (id, sink, record) => send(id, sink, record, options)
}

async function send(id: string, sink: Sink, record: PartRecord, options: SendOptions): Promise<void> {
  const { disk, clock, signal, emit } = options
  const { partBytes } = sink
  const stored = new Set([...(await sink.stored()), ...(await record.read())])
  const whole = [{ offset: 0, length: disk.sizeBytes }]
  const extents = sink.zeros === 'skip' ? disk.extents : whole
  const total = countTouched(extents, partBytes) * partBytes
  const pace = openPace(Math.max(1, Math.min(mostRequests, Math.floor(windowBytes / partBytes))))
  const zeros = Buffer.alloc(partBytes)
  const spare: Buffer[] = []
  const under = new Set<Promise<void>>()
  const bytes = { sent: 0, skipped: 0, total }
  let toldAt = clock.now()
  let recordedAt = clock.now()
  let writing = Promise.resolve()
  let failure: unknown

  function tell(): void {
    const done = bytes.sent + bytes.skipped
    emit({ type: 'progress', id, phase: 'sending', fraction: total === 0 ? 1 : done / total, bytes: { ...bytes } })
  }

  /** Every so often; one write at a time, and the last one is waited for. */
  function note(): void {
    const now = clock.now()
    if (now - toldAt >= tellEveryMs) {
      toldAt = now
      tell()
    }
    if (now - recordedAt < recordEveryMs) return
    recordedAt = now
    const snapshot = new Set(stored)
    writing = writing.then(() => record.write(snapshot))
  }

  async function one(part: number): Promise<void> {
    const buffer = spare.pop() ?? Buffer.alloc(partBytes)
    const length = Math.min(partBytes, disk.sizeBytes - part * partBytes)
    const piece = buffer.subarray(0, length)
    await disk.read(part * partBytes, piece)
    if (sink.zeros === 'skip' && piece.equals(zeros.subarray(0, length))) bytes.skipped += length
    else {
      const before = stored.has(part)
      await put(part, piece, before)
      stored.add(part)
      if (before) bytes.skipped += length
      else bytes.sent += length
    }
    spare.push(buffer)
    note()
  }

  async function put(part: number, piece: Buffer, before: boolean): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await pace.enter()
      let outcome: 'well' | 'throttled' = 'well'
      try {
        return await sink.put(part, piece, before)
      } catch (error) {
        const transient = error instanceof SindriError && error.code === 'timeout'
        if (!transient || attempt === attempts || signal.aborted || failure !== undefined) throw error
        outcome = 'throttled'
      } finally {
        pace.leave(outcome)
      }
      await clock.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)), signal)
    }
  }

  const most = Math.max(1, Math.floor(windowBytes / partBytes))
  for (const part of touchedParts(extents, partBytes)) {
    if (signal.aborted || failure !== undefined) break
    const job = one(part)
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => under.delete(job))
    under.add(job)
    if (under.size >= Math.min(most, 2 * mostRequests)) await Promise.race(under)
  }
  await Promise.all(under)
  await writing
  if (stored.size > 0) await record.write(stored)
  signal.throwIfAborted()
  if (failure !== undefined) throw failure
  tell()
  await sink.finish()
}
