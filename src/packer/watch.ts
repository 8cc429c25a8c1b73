import { open, readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { hasCode, SindriError } from '../core/error.ts'
import { follow, notStarted, type PackerState } from './machine-log.ts'
import { alive, type Handle, killLeftovers } from './run.ts'

/** How a Packer run ended. */
export interface Ended {
  /** `undefined` when Packer was killed, or when nothing is left that could tell. */
  readonly exitCode: number | undefined
  readonly state: PackerState
}

/**
 * Follows a run to its end by its log: one just started, or one that an earlier process started.
 * @param options.onLine every line of the log with the state after it, from the beginning of the log
 * @param options.leftoverMs how long what Packer started may outlive it (30 s by default) before it is killed
 * @param options.signal stops the watching only; Packer goes on (see `cancelPacker`)
 * @throws SindriError `cancelled` when the signal fires
 */
export async function watchPacker(
  handle: Handle,
  options: {
    readonly signal?: AbortSignal
    readonly onLine?: (line: string, state: PackerState) => void
    readonly pollMs?: number
    readonly leftoverMs?: number
  } = {},
): Promise<Ended> {
  const { signal, onLine, pollMs = 250, leftoverMs = 30_000 } = options
  let state = notStarted
  let offset = 0
  let endedMs = 0
  for (;;) {
    // Asked before reading, so that what is read after the end is everything.
    const running = alive(handle)
    const added = await linesFrom(handle.log, offset, !running)
    offset = added.offset
    for (const line of added.lines) {
      state = follow(state, line)
      onLine?.(line, state)
    }
    const status = await readStatus(handle.status)
    if (!running) return { exitCode: status, state }
    if (status !== undefined) {
      endedMs += pollMs
      if (endedMs > leftoverMs) killLeftovers(handle)
    }
    await pause(pollMs, signal)
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    throw new SindriError('cancelled', 'no longer watching Packer', { cause: error })
  }
}

/** The complete lines from byte `offset` on, and where the next one begins; at the end also an incomplete one. */
async function linesFrom(
  file: string,
  offset: number,
  atEnd: boolean,
): Promise<{ readonly lines: readonly string[]; readonly offset: number }> {
  await using log = await open(file)
  const { size } = await log.stat()
  const bytes = Buffer.alloc(Math.max(0, size - offset))
  const { bytesRead } = await log.read(bytes, 0, bytes.length, offset)
  const end = atEnd ? bytesRead : bytes.lastIndexOf('\n', bytesRead - 1) + 1
  const lines = bytes.toString('utf8', 0, end).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return { lines, offset: offset + end }
}

/** A shell reports a program killed by a signal as 128 and more. */
async function readStatus(file: string): Promise<number | undefined> {
  try {
    const code = Number.parseInt(await readFile(file, 'utf8'), 10)
    return code > 128 ? undefined : code
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}
