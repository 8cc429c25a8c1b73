import { SindriError } from '../../core/error.ts'
import { isGone } from './errors.ts'
import type { OciApi, OciInstance } from './port.ts'

const pollMs = 1_000
const deadlineMs = 10 * 60_000

/** True for an instance of which nothing is left but its record, which Oracle Cloud shows for a while. */
export function isOver({ state }: Pick<OciInstance, 'state'>): boolean {
  return state === 'TERMINATED'
}

/** Resolves when all of them are terminated, so that their security groups are free. @throws SindriError `timeout` */
export async function untilTerminated(
  api: OciApi,
  region: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + deadlineMs
  for (const id of ids) {
    while (!(await isTerminated(api, region, id))) {
      signal?.throwIfAborted()
      if (Date.now() > deadline) {
        throw new SindriError('timeout', `${id} did not terminate within ${deadlineMs / 60_000} minutes`, {
          hint: 'run the same command again',
        })
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
  }
}

async function isTerminated(api: OciApi, region: string, id: string): Promise<boolean> {
  try {
    return isOver(await api.instance(region, id))
  } catch (error) {
    if (isGone(error)) return true
    throw error
  }
}
