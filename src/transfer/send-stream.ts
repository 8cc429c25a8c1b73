import type { StreamSink } from '../core/sink.ts'
import { bytesIn } from '../disk/runs.ts'
import { pauseBefore, worthAnother } from './attempts.ts'
import type { SendOptions } from './send.ts'
import { streamOf } from './written-down.ts'

const tellEveryMs = 500

/** Sends a disk from its beginning to its end; what broke off goes on, or begins anew, after a growing pause. */
export async function sendStream(id: string, sink: StreamSink, options: SendOptions): Promise<void> {
  const { disk, clock, signal, emit } = options
  const stream = streamOf(disk, sink.format)
  // How long a packed file gets shows only at its end: till then what was read of the disk tells how far it is.
  const total = stream.sizeBytes ?? bytesIn(disk.extents)
  let told = clock.now()

  function tell(passed: number, sent: number): void {
    const fraction = total === 0 ? 1 : Math.min(1, passed / total)
    emit({ type: 'progress', id, phase: 'sending', fraction, bytes: { sent, skipped: passed - sent, total } })
  }

  let passed = 0
  async function* open(): AsyncGenerator<Uint8Array> {
    passed = 0
    for await (const piece of stream.open()) {
      signal.throwIfAborted()
      yield piece
      passed += piece.length
      if (clock.now() - told < tellEveryMs) continue
      told = clock.now()
      tell(passed, passed)
    }
  }

  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      const sent = await sink.write(open, stream.sizeBytes)
      emit({
        type: 'progress',
        id,
        phase: 'sending',
        fraction: 1,
        bytes: { sent, skipped: passed - sent, total: passed },
      })
      return
    } catch (error) {
      signal.throwIfAborted()
      if (!worthAnother(error, attempt)) throw error
    }
    await pauseBefore(attempt, clock, signal)
  }
}
