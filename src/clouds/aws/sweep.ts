import type { RunMarks } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { tag, temporaryName } from '../tags.ts'
import type { AwsApi } from './port.ts'
import { untilTerminated } from './terminated.ts'

/**
 * Removes what a Packer run that is gone left behind. The builder and its volume carry the run's tag, the key pair its
 * name, the unfinished image the release's name; the security group is the one of that instance or of the run's log.
 */
export async function sweepRun(api: AwsApi, marks: RunMarks): Promise<readonly string[]> {
  const { region, token } = marks
  const removed: string[] = []
  const instances = await api.instances(region, { tags: { [tag.run]: token } })
  const alive = instances.filter((one) => one.state !== 'terminated')
  if (alive.length > 0) {
    await api.terminateInstances(
      region,
      alive.map((one) => one.id),
    )
    await untilTerminated(
      api,
      region,
      alive.map((one) => one.id),
    )
    removed.push(...alive.map((one) => one.id))
  }
  const groups = instances.flatMap((one) => one.securityGroups).filter((group) => group.name.startsWith('packer_'))
  for (const name of marks.named) groups.push(...(await api.securityGroups(region, { name })))
  for (const id of new Set(groups.map((group) => group.id))) {
    await unlessGone(api.deleteSecurityGroup(region, id))
    removed.push(id)
  }
  const key = temporaryName(token)
  await unlessGone(api.deleteKeyPair(region, key))
  for (const image of await api.images(region, { name: marks.release })) {
    if (image.tags[tag.release] === marks.release && image.state === 'available') continue
    await unlessGone(api.deregisterImage(region, image.id))
    for (const snapshot of image.snapshots) await unlessGone(api.deleteSnapshot(region, snapshot))
    removed.push(image.id)
  }
  return removed
}
