import type { RunMarks } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { tag, temporaryName } from '../tags.ts'
import { removeImage } from './images.ts'
import type { AlibabaApi } from './port.ts'
import { untilReleased } from './released.ts'
import type { AlibabaImageSettings } from './settings.ts'

/**
 * Removes what a Packer run that is gone left behind. Instance, VPC, VSwitch, key pair and (from Packer 1.9 on) security
 * group carry the run's name, the unfinished image that of the release. The address is the one of that instance; of it
 * and of a group without a name the log tells first, before a script of the user's could have written the like into it.
 */
export async function sweepRun(
  api: AlibabaApi,
  settings: Pick<AlibabaImageSettings, 'securityGroupId' | 'associatePublicIpAddress'>,
  marks: RunMarks,
): Promise<readonly string[]> {
  const { region, token } = marks
  const name = temporaryName(token)
  const logged = (kind: RegExp, made: boolean): readonly string[] =>
    made ? marks.named.filter((one) => kind.test(one)).slice(0, 1) : []
  const removed: string[] = []
  const all = async (ids: Iterable<string>, remove: (id: string) => Promise<void>): Promise<void> => {
    for (const id of new Set(ids)) {
      await unlessGone(remove(id))
      removed.push(id)
    }
  }

  const vpcs = await api.vpcs(region, { name })
  const vswitches = await api.vswitches(region, { name })
  const instances = ids(await api.instances(region, { name }))
  const ownGroup = logged(/^sg-/, settings.securityGroupId === undefined)
  const groups = [
    ...(await api.securityGroups(region, { name })),
    // Packer 1.6.6 gives its group no name; all there is in a VPC of the run's own is the run's.
    ...(await existing(vpcs, (vpcId) => api.securityGroups(region, { vpcId }))),
    ...(await existing(ownGroup, (id) => api.securityGroups(region, { ids: [id] }))),
  ]
  const addresses = [
    ...(await existing(instances, (instanceId) => api.addresses(region, { instanceId }))),
    ...(await existing(logged(/^[\d.]+$/, settings.associatePublicIpAddress), (address) =>
      api.addresses(region, { address }),
    )),
  ]

  await all(instances, (id) => api.deleteInstance(region, id))
  await untilReleased(api, region, instances)
  await all(ids(addresses), (id) => api.releaseAddress(region, id))
  await all(ids(groups), (id) => api.deleteSecurityGroup(region, id))
  await all(ids(vswitches), (id) => api.deleteVSwitch(region, id))
  await all(vpcs, (id) => api.deleteVpc(region, id))
  await all(await api.keyPairs(region, { name }), (one) => api.deleteKeyPair(region, one))
  const temporary = await existing(logged(/^packer_/, true), (image) => api.images(region, { name: image }))
  const unfinished = (await api.images(region, { name: marks.release })).filter(
    (image) => image.tags[tag.release] !== marks.release || image.status !== 'Available',
  )
  await all(ids([...temporary, ...unfinished]), (id) => removeImage(api, region, id))
  return removed
}

function ids(things: readonly { readonly id: string }[]): readonly string[] {
  return things.map(({ id }) => id)
}

async function existing<T>(names: readonly string[], ask: (name: string) => Promise<readonly T[]>): Promise<T[]> {
  return (await Promise.all(names.map(ask))).flat()
}
