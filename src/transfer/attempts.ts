import type { Clock } from '../core/clock.ts'
import { SindriError } from '../core/error.ts'

const attempts = 15
const firstPauseMs = 250
const longestPauseMs = 15_000

/** Whether something that was refused is worth another try, the `attempt`th of which it was. */
export function worthAnother(error: unknown, attempt: number): boolean {
  return error instanceof SindriError && error.code === 'timeout' && attempt < attempts
}

/** Growing pauses between tries. */
export function pauseBefore(attempt: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return clock.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)), signal)
}
