import type { RunMarks } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { tag, temporaryName } from '../tags.ts'
import { object, textOf } from './answers.ts'
import type { AzureApi, AzureResource } from './port.ts'
import type { PublishPlace } from './publish.ts'
import { nameOf, typeOf } from './resource-id.ts'

/**
 * Removes what a Packer run that is gone left behind: its temporary resource group, or what it made in the group of the
 * config, and an image that was not finished. All of it carries the run's tag.
 */
export async function sweepRun(api: AzureApi, place: PublishPlace, marks: RunMarks): Promise<readonly string[]> {
  const { buildResourceGroupName: shared } = place.settings
  const machines = shared === undefined ? await sweepGroup(api, marks) : await sweepShared(api, shared, marks)
  return [...machines, ...(await sweepImages(api, place, marks))]
}

async function sweepGroup(api: AzureApi, { token }: RunMarks): Promise<readonly string[]> {
  const group = await unlessGone(api.group(temporaryName(token)))
  if (group?.tags[tag.run] !== token) return []
  await unlessGone(api.deleteGroup(group.name))
  return [`resource group ${group.name}`]
}

/** A machine goes before its network interface and disk, and that before its network. */
const order = ['virtualMachines', 'networkInterfaces', 'publicIPAddresses', 'networkSecurityGroups', 'virtualNetworks']

async function sweepShared(api: AzureApi, shared: string, { token }: RunMarks): Promise<readonly string[]> {
  const own = ({ type, tags }: AzureResource): boolean => tags[tag.run] === token && !/\/(images|versions)$/i.test(type)
  const kindOf = ({ type }: AzureResource): number => order.indexOf(nameOf(type)) + 1 || order.length + 1
  const left = ((await unlessGone(api.resources(shared))) ?? []).filter(own).sort((a, b) => kindOf(a) - kindOf(b))
  // A disk has a name of the builder's making, and may lack the tags of its machine.
  const disks = (await Promise.all(left.map(({ id }) => diskOf(api, id)))).filter((id) => id !== undefined)
  const ids = [...new Set([...left.map(({ id }) => id), ...disks])]
  for (const id of ids) await unlessGone(api.delete(id))
  return ids.map((id) => `${nameOf(typeOf(id))} ${nameOf(id)}`)
}

/** The disk of a virtual machine; nothing else has one. */
async function diskOf(api: AzureApi, id: string): Promise<string | undefined> {
  if (!/\/virtualMachines$/i.test(typeOf(id))) return undefined
  const { storageProfile } = (await unlessGone(api.get(id)))?.properties ?? {}
  return textOf(object(object(object(storageProfile).osDisk).managedDisk), 'id')
}

async function sweepImages(api: AzureApi, place: PublishPlace, { token }: RunMarks): Promise<readonly string[]> {
  const [managed, versions] = await Promise.all([
    unlessGone(api.managedImages(place.group)),
    place.definition === undefined ? [] : unlessGone(api.versions(place.definition)),
  ])
  const left = [...(managed ?? []), ...(versions ?? [])].filter(
    ({ tags, state }) => tags[tag.run] === token && state !== 'Succeeded',
  )
  for (const { id } of left) await unlessGone(api.delete(id))
  return left.map(({ name }) => `image ${name}`)
}
