import { setTimeout as delay } from 'node:timers/promises'
import { SindriError } from '../core/error.ts'

const pollMs = 2_000
const deadlineMs = 10 * 60_000

/** Resolves when nothing is left of `what`, so that what was attached to it is free. @throws SindriError `timeout` */
export async function untilGone(what: string, isLeft: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (await isLeft()) {
    signal?.throwIfAborted()
    if (Date.now() > deadline) {
      throw new SindriError('timeout', `${what} did not go away within ${deadlineMs / 60_000} minutes`, {
        hint: 'run the same command again',
      })
    }
    await delay(pollMs)
  }
}
