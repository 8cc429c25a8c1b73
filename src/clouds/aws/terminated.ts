import { SindriError } from '../../core/error.ts'
import { isGone } from './errors.ts'
import type { AwsApi } from './port.ts'

const pollMs = 2_000
const deadlineMs = 10 * 60_000

/** Resolves when all of them are terminated, so that their security group and volumes are free. @throws SindriError `timeout` */
export async function untilTerminated(
  api: AwsApi,
  region: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + deadlineMs
  for (;;) {
    const instances = await api.instances(region, { ids }).catch((error: unknown) => {
      if (isGone(error)) return []
      throw error
    })
    if (instances.every((one) => one.state === 'terminated')) return
    signal?.throwIfAborted()
    if (Date.now() > deadline) {
      throw new SindriError(
        'timeout',
        `${ids.join(', ')} in ${region} did not terminate within ${deadlineMs / 60_000} minutes`,
        {
          hint: 'run the same command again',
        },
      )
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
