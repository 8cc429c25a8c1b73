import { createHash, randomBytes } from 'node:crypto'
import { type Json, objectIn, textIn } from '../kit/json.ts'
import { page } from '../kit/pages.ts'
import type { Call, Output } from './call.ts'
import { invalid, notFound, ociError } from './oci-error.ts'
import type { Resource, Tags } from './records.ts'
import type { Region } from './regions.ts'

/** https://docs.oracle.com/iaas/Content/Tagging/Concepts/taggingoverview.htm#limits (2026-11) */
const mostTags = 10

/** A new OCID. https://docs.oracle.com/iaas/Content/General/Concepts/identifiers.htm (2026-11) */
export function newOcid(kind: string, region: Region): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'
  const unique = [...randomBytes(52)].map((byte) => letters[byte % 32]).join('')
  return `ocid1.${kind}.oc1.${region.key}.aaaaaaaa${unique}`
}

/** The members a request gives every new resource. */
export function resourceIn(call: Call, kind: string, body: Json = call.body): Resource {
  const { region, now } = call
  const compartmentId = requiredIn(call.body, 'compartmentId')
  if (!/^ocid1\.(compartment|tenancy)\.oc1\.\.[a-z0-9]+$/.test(compartmentId)) throw notFound()
  return {
    id: newOcid(kind, region),
    region: region.name,
    compartmentId,
    displayName: textIn(body.displayName) ?? `${kind}${new Date(now).toISOString().replaceAll(/\D/g, '').slice(0, 14)}`,
    createdAt: now,
    freeformTags: tagsIn(body.freeformTags),
    definedTags: objectIn(body.definedTags),
  }
}

/** What every resource tells of itself. */
export function told({ id, compartmentId, displayName, createdAt, freeformTags, definedTags }: Resource): Json {
  const timeCreated = new Date(createdAt).toISOString()
  return { id, compartmentId, displayName, timeCreated, freeformTags, definedTags }
}

/** Free-form tags, or a refusal of those that Oracle does not allow. */
export function tagsIn(value: unknown): Tags {
  const tags = Object.entries(objectIn(value)).map(([key, text]) => [key, String(text)] as const)
  if (tags.length > mostTags)
    throw invalid(`The number of free-form tags ${tags.length} exceeds the limit of ${mostTags}`)
  for (const [key, text] of tags) {
    if (!/^[!-\-/-~]{1,100}$/.test(key) || text.length > 256)
      throw invalid(`The free-form tag ${key} is not valid: keys are printable ASCII without periods and spaces`)
  }
  return Object.fromEntries(tags)
}

/** A member the body must have. */
export function requiredIn(body: Json, name: string): string {
  const value = textIn(body[name])
  if (value === undefined) throw ociError('MissingParameter', `${name} is missing`)
  return value
}

/** A resource of the region by its OCID, or Oracle's refusal. */
export function found<T extends Resource>(table: Record<string, T>, { region }: Pick<Call, 'region'>, id: string): T {
  const record = table[id]
  if (record === undefined || record.region !== region.name) throw notFound()
  return record
}

/**
 * Makes something once for each `opc-retry-token`; what was made then is answered again. Tokens hold for a day:
 * https://docs.oracle.com/iaas/Content/API/Concepts/usingapi.htm (2026-11).
 */
export async function once<T extends Resource>(
  call: Call,
  table: Record<string, T>,
  make: () => T | Promise<T>,
): Promise<T> {
  const { requests } = call.world.records
  const { retryToken, now } = call
  if (retryToken === undefined) return make()
  if (retryToken.length > 64) throw ociError('InvalidParameter', 'opc-retry-token is longer than 64 characters')
  const digest = createHash('sha256').update(JSON.stringify(call.body)).digest('hex')
  const earlier = requests[retryToken]
  if (earlier !== undefined) {
    const made = table[earlier.id]
    if (made !== undefined && earlier.digest === digest) return made
    throw ociError('InvalidatedRetryToken', `The retry token ${retryToken} was used for another request.`)
  }
  const made = await make()
  requests[retryToken] = { digest, id: made.id, at: now }
  return made
}

/** Query parameters of every list. */
export const listQuery = [
  'compartmentId',
  'displayName',
  'lifecycleState',
  'limit',
  'page',
  'sortBy',
  'sortOrder',
] as const

/** The compartment a list is asked for, whose reading is allowed. */
export function listedCompartment(call: Call, permissions: readonly string[]): string {
  const compartmentId = call.query.get('compartmentId')
  if (compartmentId === null) throw ociError('MissingParameter', 'compartmentId is missing')
  call.allow(permissions, compartmentId)
  return compartmentId
}

/** One page of these resources, as the query filters and sorts them. */
export function listed<T extends Resource>(call: Call, things: readonly T[], output: (thing: T) => Json): Output {
  const { query, region } = call
  const [name, state] = [query.get('displayName'), query.get('lifecycleState')]
  const byName = query.get('sortBy') === 'DISPLAYNAME'
  const descending = (query.get('sortOrder') ?? (byName ? 'ASC' : 'DESC')) === 'DESC'
  const items = things
    .filter((thing) => thing.region === region.name)
    .filter((thing) => name === null || thing.displayName === name)
    .sort((a, b) => (byName ? a.displayName.localeCompare(b.displayName) : a.createdAt - b.createdAt))
    .map(output)
    .filter((thing) => state === null || thing.lifecycleState === state)
  return pageOf(call, descending ? items.reverse() : items)
}

/** One page of these answers. */
export function pageOf({ query }: Call, items: readonly Json[]): Output {
  const limit = query.get('limit')
  const cut = page(items, limit === null ? 100 : Math.min(Number(limit), 1000), query.get('page') || undefined)
  if (cut === undefined) throw invalid('page is not valid')
  return { json: cut.items, ...(cut.next && { next: cut.next }) }
}
