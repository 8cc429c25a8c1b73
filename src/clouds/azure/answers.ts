import type { AzureGroup, AzureImage, AzureResource, Grant, Tags } from './port.ts'
import { locationOf, nameOf, typeOf } from './resource-id.ts'

/** An object as Azure Resource Manager answers it. */
export type Json = { readonly [name: string]: unknown }

/** A member that is text. */
export function textOf(value: Json, name: string): string | undefined {
  const found = value[name]
  return typeof found === 'string' ? found : undefined
}

/** A member that is an object; empty where it is left out. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** The things on one page of a list. */
export function itemsOf(page: Json): readonly Json[] {
  return objects(page.value)
}

/**
 * https://learn.microsoft.com/rest/api/compute/images/get and
 * https://learn.microsoft.com/rest/api/compute/gallery-image-versions/get (2026-11)
 */
export function imageOf(answer: Json): AzureImage {
  const id = textOf(answer, 'id') ?? ''
  const properties = object(answer.properties)
  const profile = object(properties.publishingProfile)
  const own = locationOf(textOf(answer, 'location') ?? '')
  const targets = objects(profile.targetRegions).map((target) => locationOf(textOf(target, 'name') ?? ''))
  return {
    id,
    kind: /\/versions$/i.test(typeOf(id)) ? 'version' : 'managed',
    name: nameOf(id),
    locations: [...new Set([own, ...targets])],
    state: textOf(properties, 'provisioningState') ?? 'Unknown',
    createdAt: textOf(profile, 'publishedDate'),
    tags: tagsOf(answer.tags),
    version: {
      endOfLife: textOf(profile, 'endOfLifeDate'),
      excludedFromLatest: profile.excludeFromLatest === true,
    },
  }
}

/** https://learn.microsoft.com/rest/api/resources/resource-groups/get (2026-11) */
export function groupOf(answer: Json): AzureGroup {
  const { name = '', location = '' } = { name: textOf(answer, 'name'), location: textOf(answer, 'location') }
  return { name, location: locationOf(location), tags: tagsOf(answer.tags) }
}

/** https://learn.microsoft.com/rest/api/resources/resources/list-by-resource-group (2026-11) */
export function resourceOf(answer: Json): AzureResource {
  const id = textOf(answer, 'id') ?? ''
  return {
    id,
    type: textOf(answer, 'type') ?? typeOf(id),
    name: nameOf(id),
    state: textOf(answer, 'provisioningState') ?? 'Unknown',
    tags: tagsOf(answer.tags),
  }
}

/** https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource-group (2026-11) */
export function grantOf(answer: Json): Grant {
  return {
    actions: texts(answer.actions),
    not: texts(answer.notActions),
    data: texts(answer.dataActions),
    notData: texts(answer.notDataActions),
  }
}

function tagsOf(tags: unknown): Tags {
  return Object.fromEntries(Object.entries(object(tags)).map(([name, value]) => [name, String(value)]))
}

function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object) : []
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
