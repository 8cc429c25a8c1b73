import type { Fill } from '../core/sink.ts'
import { type SendOptions, sender } from './send.ts'
import { sharedRead } from './shared-read.ts'

/** Kept for those that are behind, and read ahead by each. */
const windowBytes = 24 * 1024 * 1024
const leastWindowBytes = 8 * 1024 * 1024
/** Those that are ready wait so long for the others. */
const patienceMs = 30_000

/** Sends one disk for several steps. */
export interface Together {
  readonly fill: Fill
  /** This step has no bytes to send after all: nobody waits for it. */
  without(id: string): void
}

/**
 * Sends a disk for these steps in one read. The first waits until all of them are ready or are known to need nothing,
 * but not longer than half a minute; whoever comes later reads by itself.
 */
export function sendTogether(ids: readonly string[], options: Omit<SendOptions, 'windowBytes'>): Together {
  const { disk, clock, signal } = options
  const missing = new Set(ids)
  const join = sharedRead(disk, { windowBytes, clock, signal })
  const ready = Promise.withResolvers<void>()
  let waiting: Promise<void> | undefined

  function without(id: string): void {
    missing.delete(id)
    if (missing.size === 0) ready.resolve()
  }

  async function all(): Promise<void> {
    const over = new AbortController()
    const late = clock.sleep(patienceMs, AbortSignal.any([signal, over.signal])).catch(() => undefined)
    await Promise.race([ready.promise, late])
    over.abort()
  }

  return {
    without,
    async fill(id, sink, record) {
      const mine = join()
      try {
        without(id)
        waiting ??= all()
        await waiting
        signal.throwIfAborted()
        const share = Math.max(leastWindowBytes, Math.floor((2 * windowBytes) / Math.max(1, ids.length)))
        await sender({ ...options, disk: mine, windowBytes: share })(id, sink, record)
      } finally {
        await mine.close()
      }
    },
  }
}
