import { setTimeout as delay } from 'node:timers/promises'
import { SindriError } from '../../core/error.ts'
import type { AlibabaApi } from './port.ts'

const pollMs = 2_000
const deadlineMs = 10 * 60_000

/** Resolves when none of these instances is left, so that their security group and address are free. @throws SindriError `timeout` */
export async function untilGone(
  api: AlibabaApi,
  region: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (ids.length > 0 && (await api.instances(region, { ids })).length > 0) {
    signal?.throwIfAborted()
    if (Date.now() > deadline) {
      throw new SindriError(
        'timeout',
        `${ids.join(', ')} in ${region} did not go away within ${deadlineMs / 60_000} minutes`,
        { hint: 'run the same command again' },
      )
    }
    await delay(pollMs)
  }
}
