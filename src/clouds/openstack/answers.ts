import type { Member, OpenStackImage, Status, Usage, Visibility } from './port.ts'

/** An object as OpenStack answers it. */
export type Json = { readonly [name: string]: unknown }

const visibilities: readonly Visibility[] = ['private', 'shared', 'community', 'public']

/** Members of an image that are not properties of its owner's. https://docs.openstack.org/api-ref/image/v2/#show-image (2026-11) */
const own = new Set([
  ...['id', 'name', 'status', 'visibility', 'owner', 'created_at', 'updated_at', 'protected', 'os_hidden', 'tags'],
  ...['disk_format', 'container_format', 'size', 'virtual_size', 'min_disk', 'min_ram', 'checksum', 'os_hash_algo'],
  ...['os_hash_value', 'self', 'file', 'schema', 'locations', 'direct_url', 'stores'],
])

/** One image; what is not there is empty. */
export function imageOf(image: Json): OpenStackImage {
  const text = (name: string): string => textOf(image, name) ?? ''
  const algorithm = textOf(image, 'os_hash_algo')
  const value = textOf(image, 'os_hash_value')
  const properties = Object.entries(image).filter(([name, value]) => !own.has(name) && typeof value === 'string')
  return {
    id: text('id'),
    name: text('name'),
    status: text('status') as Status, // those that Glance has, and in a newer one perhaps others
    visibility: visibilities.find((one) => one === image.visibility) ?? 'private',
    owner: text('owner'),
    createdAt: text('created_at'),
    diskFormat: text('disk_format'),
    containerFormat: text('container_format'),
    sizeBytes: numberOf(image, 'size'),
    minDiskGib: numberOf(image, 'min_disk') ?? 0,
    protected: image.protected === true,
    hidden: image.os_hidden === true,
    hash: algorithm === undefined || value === undefined ? undefined : { algorithm, value },
    tags: textsOf(image.tags),
    properties: Object.fromEntries(properties.map(([name, value]) => [name, String(value)])),
  }
}

/** The projects an image is shared with. https://docs.openstack.org/api-ref/image/v2/#sharing (2026-11) */
export function membersOf(answer: Json): readonly Member[] {
  return objects(answer.members).map((one) => ({
    project: textOf(one, 'member_id') ?? '',
    status: textOf(one, 'status') ?? '',
  }))
}

/** What a project uses. https://docs.openstack.org/api-ref/image/v2/#quota-usage (2026-11) */
export function usagesOf(answer: Json): readonly Usage[] {
  return Object.entries(object(answer.usage)).flatMap(([name, value]) => {
    const [usage, limit] = [numberOf(object(value), 'usage'), numberOf(object(value), 'limit')]
    return usage === undefined || limit === undefined ? [] : [{ name, usage, limit }]
  })
}

/** The addresses of images by region. https://docs.openstack.org/api-ref/identity/v3/#get-service-catalog (2026-11) */
export function imageServices(catalog: unknown, choice: string): ReadonlyMap<string, string> {
  const endpoints = objects(catalog)
    .filter(({ type }) => type === 'image')
    .flatMap((service) => objects(service.endpoints))
  const named = endpoints
    .filter((endpoint) => endpoint.interface === choice)
    .map(
      (endpoint) =>
        [textOf(endpoint, 'region_id') ?? textOf(endpoint, 'region') ?? '', textOf(endpoint, 'url') ?? ''] as const,
    )
  return new Map(named)
}

/** A member that is text. */
export function textOf(value: Json, name: string): string | undefined {
  const found = value[name]
  return typeof found === 'string' ? found : undefined
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** What has members. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

/** The things of a list. */
export function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object) : []
}

function numberOf(value: Json, name: string): number | undefined {
  const found = value[name]
  return typeof found === 'number' ? found : undefined
}
