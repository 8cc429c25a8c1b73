import { type Json, objectIn } from '../kit/json.ts'
import { azureError, groupNotFound, notFound } from './azure-error.ts'
import { type Call, ok, type Reply } from './call.ts'
import { locationIn } from './places.ts'
import type { GroupRecord, ResourceRecord, Tags } from './records.ts'
import { groupId, keyOf, partsOf } from './resource-ids.ts'
import { provisioningState } from './states.ts'

type Where = Pick<Call, 'world'>

/** The group of an id, or Azure's answer that there is none. */
export function findGroup({ world }: Where, id: string): GroupRecord {
  const { subscription, group } = partsOf(id)
  const found = world.records.groups[keyOf(groupId(subscription, group))]
  if (found === undefined) throw groupNotFound(group)
  return found
}

/** A resource by its id, or Azure's answer that there is none. */
export function findResource(where: Where, id: string): ResourceRecord {
  const found = where.world.records.resources[keyOf(id)]
  if (found !== undefined) return found
  findGroup(where, id)
  throw notFound(id)
}

/** Resources whose id is one part longer than `prefix` and `type`, in the order of their names. */
export function resourcesOf(
  { world }: Where,
  wanted: { readonly subscription?: string; readonly group?: string; readonly type?: string; readonly below?: string },
): readonly ResourceRecord[] {
  const is = (given: string | undefined, own: string): boolean =>
    given === undefined || given.toLowerCase() === own.toLowerCase()
  return Object.values(world.records.resources)
    .filter(({ id, type }) => {
      const parts = partsOf(id)
      const below = wanted.below === undefined || keyOf(id).startsWith(`${keyOf(wanted.below)}/`)
      return (
        is(wanted.subscription, parts.subscription) && is(wanted.group, parts.group) && is(wanted.type, type) && below
      )
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The answer to who lists resources of one type. */
export function listed(call: Call, wanted: Parameters<typeof resourcesOf>[1]): Reply {
  return ok({ value: resourcesOf(call, wanted).map((one) => resourceOutput(one, call.now)) })
}

/** What every new resource has, from the body of a PUT. */
export function placedIn(
  call: Call,
  id: string,
  type: string,
  body: Json,
): Pick<ResourceRecord, 'id' | 'type' | 'name' | 'location' | 'tags' | 'createdAt'> {
  const group = findGroup(call, id)
  const earlier = call.world.records.resources[keyOf(id)]
  const location = body.location === undefined ? (earlier?.location ?? group.location) : locationIn(body.location)
  if (earlier !== undefined && earlier.location !== location)
    throw azureError(
      409,
      'InvalidResourceLocation',
      `The resource '${partsOf(id).name}' already exists in location '${earlier.location}' in resource group '${group.name}'. A resource with the same name cannot be created in location '${location}'.`,
    )
  return {
    id: earlier?.id ?? id,
    type,
    name: partsOf(id).name,
    location,
    tags: tagsIn(body.tags),
    createdAt: earlier?.createdAt ?? call.now,
  }
}

/** Keeps a resource, and tells whether it is new. */
export function keep({ world }: Where, resource: ResourceRecord): boolean {
  const isNew = world.records.resources[keyOf(resource.id)] === undefined
  world.records.resources[keyOf(resource.id)] = resource
  return isNew
}

/** Forgets a resource. */
export function forget({ world }: Where, id: string): void {
  delete world.records.resources[keyOf(id)]
}

/** A resource as its provider answers it. */
export function resourceOutput(resource: ResourceRecord, now: number, more: Json = {}): Json {
  const { id, name, type, location, tags, sku, properties } = resource
  return {
    ...{ id, name, type, location, tags },
    ...(sku && { sku }),
    etag: `W/"${keyOf(id).length}"`,
    properties: { ...properties, ...more, provisioningState: provisioningState(resource, now) },
  }
}

/** Tags, or a refusal of those that Azure does not allow. https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations */
export function tagsIn(value: unknown): Tags {
  const tags = Object.entries(objectIn(value)).map(([name, text]) => [name, String(text)] as const)
  const wrong = tags.find(([name, text]) => name.length > 512 || /[<>%&\\?/]/.test(name) || text.length > 256)
  if (wrong !== undefined)
    throw azureError(400, 'InvalidTagNameCharacters', `The tag '${wrong[0]}' has an invalid name or value.`)
  if (tags.length > 50) throw azureError(400, 'TooManyTags', 'A resource can have at most 50 tags.')
  return Object.fromEntries(tags)
}
