import type { RunMarks } from '../cloud.ts'
import { tag } from '../tags.ts'
import type { OciApi } from './port.ts'
import { isOver, untilTerminated } from './terminated.ts'

/**
 * Removes what a Packer run that is gone left behind: its instance, which carries the run's tag, with the boot volume and
 * the network interface; and the unfinished image, which has the name of the release.
 */
export async function sweepRun(api: OciApi, { token, release, region }: RunMarks): Promise<readonly string[]> {
  const removed: string[] = []
  const left = (await api.instances(region)).filter((one) => one.tags[tag.run] === token && !isOver(one))
  for (const { id } of left) {
    await api.terminateInstance(region, id)
    removed.push(id)
  }
  await untilTerminated(api, region, removed)
  for (const image of await api.images(region, { name: release })) {
    if (image.state === 'DELETED' || (image.tags[tag.release] === release && image.state === 'AVAILABLE')) continue
    await api.deleteImage(region, image.id)
    removed.push(image.id)
  }
  return removed
}
