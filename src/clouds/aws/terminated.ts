import { unlessGone } from '../gone.ts'
import { untilGone } from '../until-gone.ts'
import type { AwsApi } from './port.ts'

/** Resolves when all of them are terminated, so that their security group and volumes are free. @throws SindriError `timeout` */
export function untilTerminated(
  api: AwsApi,
  region: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const isLeft = async (): Promise<boolean> => {
    const instances = await unlessGone(api.instances(region, { ids }))
    return instances?.some(({ state }) => state !== 'terminated') ?? false
  }
  return untilGone(`${ids.join(', ')} in ${region}`, isLeft, signal)
}
