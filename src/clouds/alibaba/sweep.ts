import type { RunMarks } from '../cloud.ts'
import { unlessGone } from './errors.ts'
import { removeImage } from './images.ts'
import type { AlibabaApi } from './port.ts'
import { tag, temporaryName } from './tags.ts'
import { untilGone } from './until-gone.ts'

/**
 * Removes what a Packer run that is gone left behind. Instance, VPC, VSwitch, key pair and (from Packer 1.9 on) security
 * group carry the run's name, the unfinished image that of the release; the address is the one of that instance, and what
 * else there is was told of in the run's log.
 */
export async function sweepRun(api: AlibabaApi, marks: RunMarks): Promise<readonly string[]> {
  const { region, token } = marks
  const name = temporaryName(token)
  const logged = (prefix: string): readonly string[] => marks.named.filter((one) => one.startsWith(prefix))
  const removed: string[] = []
  const all = async (ids: Iterable<string>, remove: (id: string) => Promise<void>): Promise<void> => {
    for (const id of new Set(ids)) {
      await unlessGone(remove(id))
      removed.push(id)
    }
  }

  const vpcs = [
    ...(await api.vpcs(region, { name })),
    ...(await existing(logged('vpc-'), (id) => api.vpcs(region, { ids: [id] }))),
  ]
  const vswitches = [
    ...(await api.vswitches(region, { name })),
    ...(await existing(logged('vsw-'), (id) => api.vswitches(region, { ids: [id] }))),
  ]
  const groups = [
    ...(await api.securityGroups(region, { name })),
    ...(await existing(logged('sg-'), (id) => api.securityGroups(region, { ids: [id] }))),
    // Packer 1.6.6 gives its group no name; all there is in a VPC of the run's own is the run's.
    ...(await existing(vpcs, (vpcId) => api.securityGroups(region, { vpcId }))),
  ]
  const instances = [
    ...(await api.instances(region, { name })),
    ...(await existing(logged('i-'), (id) => api.instances(region, { ids: [id] }))),
  ].map(({ id }) => id)
  const addresses = [
    ...(await existing(instances, (instanceId) => api.addresses(region, { instanceId }))),
    ...(await existing(marks.named.filter(isAddress), (address) => api.addresses(region, { address }))),
  ]

  await all(instances, (id) => api.deleteInstance(region, id))
  await untilGone(api, region, instances)
  await all(ids(addresses), (id) => api.releaseAddress(region, id))
  await all(ids(groups), (id) => api.deleteSecurityGroup(region, id))
  await all(ids(vswitches), (id) => api.deleteVSwitch(region, id))
  await all(vpcs, (id) => api.deleteVpc(region, id))
  await all(await api.keyPairs(region, { name }), (one) => api.deleteKeyPair(region, one))
  const temporary = await existing(logged('packer_'), (image) => api.images(region, { name: image }))
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

function isAddress(name: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(name)
}
