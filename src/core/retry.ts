import type { Clock } from './clock.ts'
import { SindriError } from './error.ts'

const attempts = 7
const firstPauseMs = 500
const longestPauseMs = 15_000

/**
 * Calls again what failed with `timeout` (throttling, a broken connection), with doubling pauses, for half a minute. Only
 * for what may be called twice.
 */
export async function retry<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const transient = error instanceof SindriError && error.code === 'timeout'
      if (!transient || signal.aborted) throw error
      if (attempt === attempts) throw withHint(error)
      await clock.sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)), signal)
    }
  }
}

function withHint(error: SindriError): SindriError {
  if (error.hint !== undefined) return error
  return new SindriError(error.code, `${error.message} (tried ${attempts} times)`, {
    hint: 'when it answers again, run the same command once more: it goes on where this one stopped',
    cause: error,
  })
}
