import { unlessGone } from '../gone.ts'
import { untilGone } from '../until-gone.ts'
import type { OciApi, OciInstance } from './port.ts'

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
  for (const id of ids) {
    const isLeft = async (): Promise<boolean> => {
      const instance = await unlessGone(api.instance(region, id))
      return instance !== undefined && !isOver(instance)
    }
    await untilGone(id, isLeft, signal)
  }
}
