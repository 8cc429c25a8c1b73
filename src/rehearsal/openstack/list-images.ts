import type { Json } from '../kit/json.ts'
import type { Call } from './call.ts'
import { imageOutput, mayUse } from './image-record.ts'
import { notImplemented, openStackError } from './openstack-error.ts'
import type { ImageRecord } from './records.ts'

const defaultLimit = 25
const mostInAPage = 1000

/** Whether a list of this visibility has an image: a community image only where it is asked for. */
function isListed(
  image: ImageRecord,
  wanted: string | null,
  memberStatus: string,
  { project }: Call['caller'],
): boolean {
  const own = image.owner === project
  const shared = image.visibility === 'shared' && (own || image.members[project]?.status === memberStatus)
  const readable = own || shared || image.visibility === 'public' || image.visibility === 'community'
  if (wanted === 'all') return readable
  if (wanted !== null) return readable && image.visibility === wanted
  return own ? image.visibility !== 'community' || own : shared || image.visibility === 'public'
}

/** https://docs.openstack.org/api-ref/image/v2/#list-images (2026-11): what is no filter by name is one by property. */
export function listImages(call: Call): Json {
  const { query, world, region, caller } = call
  const now = call.now()
  const { limit, marker, sort_key, sort_dir, sort, visibility, member_status, os_hidden, ...filters } =
    Object.fromEntries(query)
  if (sort !== undefined && !/^\w+(:\w+)?$/.test(sort)) throw notImplemented(`the sort ${sort}`)
  const lacking = Object.entries(filters).find(
    ([name, value]) => /^(size|created_at|updated_at)/.test(name) || /^(in|eq|neq|gt|gte|lt|lte):/.test(value),
  )
  if (lacking !== undefined) throw notImplemented(`the filter ${lacking.join('=')}`)
  const [key = 'created_at', direction = 'desc'] = sort?.split(':') ?? [sort_key, sort_dir]
  const hidden = os_hidden?.toLowerCase() === 'true'
  const tags = query.getAll('tag')
  const found = Object.values(world.records.images)
    .filter((image) => image.region === region && image.hidden === hidden && mayUse(image, caller))
    .filter((image) => isListed(image, visibility ?? null, member_status ?? 'accepted', caller))
    .filter((image) => tags.every((tag) => image.tags.includes(tag)))
    .map((image) => imageOutput(image, now))
    .filter((image) => Object.entries(filters).every(([name, value]) => name === 'tag' || matches(image, name, value)))
    .sort((a, b) => compare(a[key], b[key]) || compare(a.id, b.id))
  if (direction === 'desc') found.reverse()
  const begin = marker === undefined ? 0 : found.findIndex(({ id }) => id === marker) + 1
  if (marker !== undefined && begin === 0) throw openStackError(400, 'Invalid marker')
  const size = limit === undefined ? defaultLimit : Math.min(Number(limit), mostInAPage)
  const images = found.slice(begin, begin + size)
  const page = new URLSearchParams(query)
  page.set('marker', String(images.at(-1)?.id))
  const first = new URLSearchParams(query)
  first.delete('marker')
  return {
    images,
    ...(begin + size < found.length && images.length > 0 && { next: `/v2/images?${page}` }),
    first: `/v2/images?${first}`,
    schema: '/v2/schemas/images',
  }
}

function matches(image: Json, name: string, value: string): boolean {
  return String(image[name]).toLowerCase() === value.toLowerCase()
}

function compare(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0
}
