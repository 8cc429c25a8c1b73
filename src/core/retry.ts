import type { Clock } from './clock.ts'
import { SindriError } from './error.ts'

const attempts = 5
const firstPauseMs = 500

/** Calls again what failed with `timeout` (throttling, a broken connection), with doubling pauses. Only for what may be called twice. */
export async function retry<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const transient = error instanceof SindriError && error.code === 'timeout'
      if (!transient || attempt === attempts || signal.aborted) throw error
      await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal)
    }
  }
}
