import type { Clock } from '../core/clock.ts'
import type { Disk } from '../disk/disk.ts'
import { runsWithin } from '../disk/runs.ts'

/** What is read at once, and kept until everybody has had it. */
const chunkBytes = 1 << 20
/** One that holds up the others for so long is left behind. */
const stallMs = 20_000

/** A disk for one of several that read it at the same time. `close` says that it reads no more; the disk stays open. */
export type SharedDisk = Disk

interface Reader {
  /** Chunks that are asked for and not yet had, and how often. */
  readonly asked: Map<number, number>
  /** The last chunk that was asked for. */
  latest: number
  /** How long others have waited for it. */
  heldUpMs: number
  /** It reads by itself: it was too slow for the others, came too late, or has ended. */
  alone: boolean
}

/**
 * One read for several readers, each of which goes through the disk from its beginning to its end. Whoever is ahead
 * waits for the others once `windowBytes` are kept for them; whoever has held them up for 20 seconds in all reads by
 * itself from then on. What was had by all is forgotten, and read again for whoever asks again.
 */
export function sharedRead(
  disk: Disk,
  { windowBytes, clock, signal }: { readonly windowBytes: number; readonly clock: Clock; readonly signal: AbortSignal },
): () => SharedDisk {
  const most = Math.max(1, Math.floor(windowBytes / chunkBytes))
  const chunks = new Map<number, Promise<Buffer>>()
  const readers = new Set<Reader>()
  let begun = false
  let floor = 0
  let waking: (() => void)[] = []
  let turning: Promise<void> | undefined

  const lowest = ({ asked, latest }: Reader): number => Math.min(latest, ...asked.keys())
  const sharing = (): readonly Reader[] => [...readers].filter(({ alone }) => !alone)
  const slowest = (): number => Math.min(...sharing().map(lowest))

  /** Somebody went on: what nobody needs any more is forgotten. */
  function moved(): void {
    const now = slowest()
    if (now <= floor) return
    floor = now
    for (const index of chunks.keys()) if (index < floor) chunks.delete(index)
    wake()
  }

  function wake(): void {
    const awake = waking
    waking = []
    for (const call of awake) call()
  }

  function leave(reader: Reader): void {
    reader.alone = true
    moved()
    wake()
  }

  async function load(index: number): Promise<Buffer> {
    const offset = index * chunkBytes
    const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, disk.sizeBytes - offset))
    await disk.read(offset, chunk)
    return chunk
  }

  /** Undefined where the reader is to read by itself. */
  async function take(reader: Reader, index: number): Promise<Buffer | undefined> {
    for (;;) {
      const kept = chunks.get(index)
      if (kept !== undefined) return kept
      if (reader.alone || index < floor || sharing().length === 1) return undefined
      if (chunks.size < most || lowest(reader) === slowest()) {
        begun = true
        const loading = load(index)
        chunks.set(index, loading)
        return loading
      }
      await turn()
    }
  }

  /** Until somebody has gone on; one for whom the others have waited too long is left behind. */
  function turn(): Promise<void> {
    turning ??= wait().finally(() => {
      turning = undefined
    })
    return turning
  }

  async function wait(): Promise<void> {
    const low = slowest()
    const last = sharing().find((reader) => lowest(reader) === low)
    if (last === undefined) return
    const began = clock.now()
    const over = new AbortController()
    const woken = new Promise<void>((resolve) => waking.push(resolve))
    const late = clock.sleep(stallMs - last.heldUpMs, AbortSignal.any([signal, over.signal])).catch(() => undefined)
    await Promise.race([woken, late])
    over.abort()
    signal.throwIfAborted()
    last.heldUpMs += clock.now() - began
    if (last.heldUpMs >= stallMs) leave(last)
  }

  return () => {
    const reader: Reader = { asked: new Map(), latest: 0, heldUpMs: 0, alone: begun }
    readers.add(reader)

    async function part(index: number, from: number, into: Uint8Array): Promise<void> {
      const begin = index * chunkBytes
      const end = Math.min(begin + chunkBytes, disk.sizeBytes)
      // A hole costs nothing.
      const chunk = runsWithin(disk.extents, begin, end).length === 0 ? undefined : await take(reader, index)
      if (chunk === undefined) await disk.read(from, into)
      else into.set(chunk.subarray(from - begin, from - begin + into.length))
    }

    return {
      ...disk,
      async read(offset, into) {
        const first = Math.floor(offset / chunkBytes)
        reader.asked.set(first, (reader.asked.get(first) ?? 0) + 1)
        try {
          for (let done = 0; done < into.length; ) {
            const index = Math.floor((offset + done) / chunkBytes)
            reader.latest = Math.max(reader.latest, index)
            const length = Math.min((index + 1) * chunkBytes - (offset + done), into.length - done)
            await part(index, offset + done, into.subarray(done, done + length))
            done += length
          }
        } finally {
          const more = (reader.asked.get(first) ?? 0) - 1
          if (more > 0) reader.asked.set(first, more)
          else reader.asked.delete(first)
          moved()
        }
      },
      async close() {
        leave(reader)
        readers.delete(reader)
      },
    }
  }
}
