import type { Clock } from '../core/clock.ts'
import { messageOf, SindriError } from '../core/error.ts'
import type { Bytes } from '../disk/disk.ts'
import { checkRange } from '../disk/runs.ts'
import { pauseBefore, worthAnother } from '../transfer/attempts.ts'
import { openPace } from '../transfer/pace.ts'
import type { RemoteObject } from './remote-object.ts'

/** What is kept, and what a small read asks for at least. */
const chunkBytes = 1 << 20
/** A read that goes on where another was asks for so many at once … */
const chunksAtOnce = 4
/** … and so far ahead. */
const chunksAhead = 16
/** Small reads of many parts at once are up to 32 MiB apart. */
const chunksKept = 48
/** Requests at once. */
const mostRequests = 16
/** What breaks off after less than this has come to nothing. */
const leastProgress = 1 << 16

/**
 * An object on another machine as the bytes of a disk. Small reads are answered from chunks of 1 MiB, of which 48 are
 * kept; reads in order are ahead of whoever asks; large reads are passed through. What breaks off is asked for again from
 * there on, after growing pauses and fewer at once, until nothing has come 15 times. Once it is another object than it
 * was, nothing is read any more.
 */
export function remoteBytes(
  object: RemoteObject,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Bytes {
  const { sizeBytes } = object
  const last = Math.ceil(sizeBytes / chunkBytes) - 1
  const pace = openPace(mostRequests)
  /** The one used last is last. */
  const chunks = new Map<number, Promise<Buffer>>()
  const arriving = new Set<number>()
  const closed = new AbortController()
  const over = AbortSignal.any([signal, closed.signal])
  let conflict: unknown

  /** Asks until all of it has come. `take` gets the pieces in order. */
  async function bring(offset: number, length: number, take: (piece: Uint8Array) => void): Promise<void> {
    let done = 0
    for (let attempt = 1; ; attempt += 1) {
      const before = done
      let failure: unknown = new SindriError('timeout', `${object.name} ends at ${offset + done} of ${sizeBytes} bytes`)
      await pace.enter()
      try {
        over.throwIfAborted()
        if (conflict !== undefined) throw conflict
        for await (const piece of object.read(offset + done, length - done, over)) {
          take(piece)
          done += piece.length
        }
      } catch (error) {
        failure = error
      } finally {
        pace.leave(done === length ? 'well' : 'throttled')
      }
      if (done === length) return
      over.throwIfAborted()
      if (failure instanceof SindriError && failure.code === 'conflict') conflict = failure
      // What has come this far is worth as many tries again.
      if (done - before >= leastProgress) attempt = 1
      if (!worthAnother(failure, attempt)) throw given(failure)
      await pauseBefore(attempt, clock, over)
    }
  }

  /** Whoever sends the disk would try for minutes once more. */
  function given(failure: unknown): unknown {
    if (!(failure instanceof SindriError) || failure.code !== 'timeout') return failure
    return new SindriError('failed', `${messageOf(failure)}, also after several tries`, {
      hint: 'run the command again when its server is well; what was sent is not sent again',
      cause: failure,
    })
  }

  /** Begins to fetch chunks that follow each other, each of which is there as soon as its last byte is. */
  function begin(first: number, count: number): void {
    const waiting = Array.from({ length: count }, () => Promise.withResolvers<Buffer>())
    for (const [index, { promise }] of waiting.entries()) {
      chunks.set(first + index, promise)
      arriving.add(first + index)
      // Its failure is met by whoever waits for it.
      promise.catch(() => undefined)
    }
    const begins = first * chunkBytes
    const length = Math.min(begins + count * chunkBytes, sizeBytes) - begins
    let chunk = Buffer.alloc(0)
    let filled = 0
    let index = 0
    const take = (piece: Uint8Array): void => {
      for (let at = 0; at < piece.length; ) {
        if (filled === 0) chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, length - index * chunkBytes))
        const copied = Math.min(chunk.length - filled, piece.length - at)
        chunk.set(piece.subarray(at, at + copied), filled)
        at += copied
        filled += copied
        if (filled < chunk.length) continue
        arriving.delete(first + index)
        waiting[index]?.resolve(chunk)
        index += 1
        filled = 0
      }
    }
    bring(begins, length, take).catch((error: unknown) => {
      for (const [at, { reject }] of waiting.entries()) {
        if (!arriving.delete(first + at)) continue
        chunks.delete(first + at)
        reject(error)
      }
    })
  }

  function beginUnknown(first: number, most: number): void {
    let count = 0
    while (count < most && first + count <= last && !chunks.has(first + count)) count += 1
    if (count > 0) begin(first, count)
  }

  function chunkAt(index: number): Promise<Buffer> {
    const inOrder = index > 0 && chunks.has(index - 1)
    if (!chunks.has(index)) beginUnknown(index, inOrder ? chunksAtOnce : 1)
    if (inOrder)
      for (let ahead = index + 1; ahead + chunksAtOnce <= index + 1 + chunksAhead; ahead += chunksAtOnce)
        beginAhead(ahead)
    const found = chunks.get(index) ?? Promise.reject(new RangeError(`no chunk ${index}`))
    chunks.delete(index)
    chunks.set(index, found)
    for (const known of chunks.keys()) {
      if (chunks.size <= chunksKept) break
      if (!arriving.has(known)) chunks.delete(known)
    }
    return found
  }

  /** The next that is not there, from here on. */
  function beginAhead(from: number): void {
    let first = from
    while (first < from + chunksAtOnce && chunks.has(first)) first += 1
    if (first < from + chunksAtOnce) beginUnknown(first, chunksAtOnce)
  }

  return {
    sizeBytes,
    extents: async () => (sizeBytes === 0 ? [] : [{ offset: 0, length: sizeBytes }]),
    async read(offset, into) {
      checkRange(offset, into.length, sizeBytes)
      if (conflict !== undefined) throw conflict
      if (into.length > chunkBytes) {
        let at = 0
        await bring(offset, into.length, (piece) => {
          into.set(piece, at)
          at += piece.length
        })
        return
      }
      for (let done = 0; done < into.length; ) {
        const index = Math.floor((offset + done) / chunkBytes)
        const within = offset + done - index * chunkBytes
        const chunk = await chunkAt(index)
        const part = chunk.subarray(within, within + into.length - done)
        into.set(part, done)
        done += part.length
      }
    },
    async close() {
      closed.abort(new SindriError('cancelled', `${object.name} is closed`))
      await object.close()
    },
  }
}
