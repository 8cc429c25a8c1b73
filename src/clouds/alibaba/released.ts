import { untilGone } from '../until-gone.ts'
import type { AlibabaApi } from './port.ts'

/** Resolves when none of these instances is left, so that their security group and address are free. @throws SindriError `timeout` */
export function untilReleased(
  api: AlibabaApi,
  region: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const isLeft = async (): Promise<boolean> => ids.length > 0 && (await api.instances(region, { ids })).length > 0
  return untilGone(`${ids.join(', ')} in ${region}`, isLeft, signal)
}
