import type { Clock } from '../core/clock.ts'
import type { Emit } from '../core/events.ts'
import type { Fill } from '../core/sink.ts'
import type { Disk } from '../disk/disk.ts'
import { sendParts } from './send-parts.ts'
import { sendStream } from './send-stream.ts'

/** What a disk is sent with. */
export interface SendOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly emit: Emit
  /** Bytes of each sink that are read and not yet stored, at most. Default: 128 MiB. */
  readonly windowBytes?: number
}

/** Sends a disk to sinks, written down as each wants it; no file is made in between. */
export function sender(options: SendOptions): Fill {
  return (id, sink, record) =>
    sink.kind === 'parts' ? sendParts(id, sink, record, options) : sendStream(id, sink, options)
}
