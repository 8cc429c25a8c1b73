import { imageGroup } from './places.ts'
import type { AzureRecords, ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { provisioningState } from './states.ts'

/** One resource as `status` tells it: plain JSON, with `id`, `name`, and what else tells it apart. */
type Resource = Readonly<Record<string, unknown>>

/**
 * What the groups hold, and the groups themselves (that of images only while it holds something), by name of the group
 * and then the last part of the type: `virtualMachines`, `disks`, `images`, `versions` …
 */
export function azureResources(
  records: AzureRecords,
  now: number,
): Readonly<Record<string, Readonly<Record<string, readonly Resource[]>>>> {
  return Object.fromEntries(
    Object.values(records.groups).flatMap(({ id, name, location, tags }) => {
      const below = (one: string): boolean => keyOf(one).startsWith(`${keyOf(id)}/`)
      const own = Object.values(records.resources).filter((one) => below(one.id))
      const accounts = own.filter(({ type }) => type === 'Microsoft.Storage/storageAccounts').map((one) => one.name)
      const blobs = Object.values(records.blobs ?? {}).filter(({ account }) => accounts.includes(account))
      const roleAssignments = Object.values(records.roleAssignments ?? {}).filter(({ scope }) => below(scope))
      // It is a place, as a project is elsewhere; what was in it is gone.
      if (own.length === 0 && roleAssignments.length === 0 && name === imageGroup) return []
      const byKind = Object.groupBy(own, ({ type }) => type.replace(/.*\//, ''))
      const found = Object.entries(byKind).map(([kind, things = []]) => [kind, things.map((one) => shown(one, now))])
      const more = {
        ...(blobs.length > 0 && { blobs: blobs.map((one) => ({ ...one })) }),
        ...(roleAssignments.length > 0 && { roleAssignments: roleAssignments.map((one) => ({ ...one })) }),
      }
      return [[name, { resourceGroups: [{ id, name, location, tags }], ...Object.fromEntries(found), ...more }]]
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
