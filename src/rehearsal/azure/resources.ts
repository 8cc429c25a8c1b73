import type { AzureRecords, ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { provisioningState } from './states.ts'

/** One resource as `status` tells it: plain JSON, with `id`, `name`, and what else tells it apart. */
type Resource = Readonly<Record<string, unknown>>

/** What a resource group holds, by the kind of things. */
export interface GroupResources {
  readonly location: string
  readonly tags: Readonly<Record<string, string>>
  /** By the last part of the type: `virtualMachines`, `disks`, `images`, `versions` … */
  readonly resources: Readonly<Record<string, readonly Resource[]>>
}

/** What the groups hold, by name of the group. */
export function azureResources(records: AzureRecords, now: number): Readonly<Record<string, GroupResources>> {
  return Object.fromEntries(
    Object.values(records.groups).map(({ id, name, location, tags }) => {
      const own = Object.values(records.resources).filter((one) => keyOf(one.id).startsWith(`${keyOf(id)}/`))
      const byKind = Object.groupBy(own, ({ type }) => type.replace(/.*\//, ''))
      const resources = Object.entries(byKind).map(([kind, found = []]) => [kind, found.map((one) => shown(one, now))])
      return [name, { location, tags, resources: Object.fromEntries(resources) }]
    }),
  )
}

function shown(resource: ResourceRecord, now: number): Resource {
  const { id, name, location, tags, properties, machine, sku } = resource
  const { publishingProfile, hardwareProfile, ipAddress, securityRules, storageProfile } = properties
  return {
    ...{ id, name, location, tags, sku, state: provisioningState(resource, now) },
    ...{ publishingProfile, hardwareProfile, ipAddress, securityRules, storageProfile },
    ...(machine && { running: machine.running, user: machine.user }),
  }
}
