import { Buffer } from 'node:buffer'
import type { PartRecord, PartSink } from '../core/sink.ts'
import { pauseBefore, worthAnother } from './attempts.ts'
import { type Outcome, openPace } from './pace.ts'
import { countTouched, touchedParts } from './parts.ts'
import type { SendOptions } from './send.ts'
import { bytesOf } from './written-down.ts'

const defaultWindowBytes = 128 * 1024 * 1024
const mostRequests = 64
const tellEveryMs = 500
const recordEveryMs = 2_000

/**
 * Sends what a disk's extents hold in parts, many at a time. Zeros are left out where the sink allows it, and what an
 * earlier run stored is read again but not sent again. A part that cannot be stored is tried again after growing
 * pauses, with fewer at once.
 */
export async function sendParts(id: string, sink: PartSink, record: PartRecord, options: SendOptions): Promise<void> {
  const { disk, clock, signal, emit, windowBytes = defaultWindowBytes } = options
  const source = bytesOf(disk, sink.format)
  const { sizeBytes } = source
  const partBytes = sink.partBytes(sizeBytes)
  const stored = new Set([...(await sink.stored()), ...(await record.read())])
  const extents = sink.zeros === 'skip' ? await source.extents() : [{ offset: 0, length: sizeBytes }]
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
    writing = writing
      .then(() => record.write(snapshot))
      .catch((error: unknown) => {
        failure ??= error
      })
  }

  /**
   * Reads a part only when its request may begin: what was just read is still in the processor's cache when it is
   * summed up and sent, which halves the time that takes.
   */
  async function one(part: number): Promise<void> {
    const length = Math.min(partBytes, sizeBytes - part * partBytes)
    const before = stored.has(part)
    let piece: Buffer | undefined
    for (let attempt = 1; ; attempt++) {
      await pace.enter()
      let outcome: Outcome = 'unused'
      try {
        if (piece === undefined) {
          const fresh = (spare.pop() ?? Buffer.alloc(partBytes)).subarray(0, length)
          await source.read(part * partBytes, fresh)
          piece = fresh
        }
        const empty = sink.zeros === 'skip' && piece.equals(zeros.subarray(0, length))
        const sent = empty ? 0 : await sink.put(part, piece, before)
        if (!empty) {
          outcome = 'well'
          stored.add(part)
        }
        bytes.sent += sent
        bytes.skipped += length - sent
        break
      } catch (error) {
        if (!worthAnother(error, attempt) || signal.aborted || failure !== undefined) throw error
        outcome = 'throttled'
      } finally {
        pace.leave(outcome)
      }
      await pauseBefore(attempt, clock, signal)
    }
    if (length === partBytes) spare.push(piece)
    note()
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
  await sink.finish(sizeBytes)
}
