/** Azure's resource ids are the same in any case: this one is for comparing. */
function sameCase(id: string): string {
  return id.toLowerCase()
}

/** True for two ids of one resource. */
export function isSameId(one: string, other: string): boolean {
  return sameCase(one) === sameCase(other)
}

/** The group of a resource id; undefined for the id of nothing that is in a group. */
export function groupOf(id: string): string | undefined {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)(?:\/|$)/i.exec(id)?.[1]
}

/** The last part of an id. */
export function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

/** `Microsoft.Compute/galleries/images/versions`, of the id of such a version. */
export function typeOf(id: string): string {
  const [provider = '', ...parts] = (/\/providers\/(.+)$/i.exec(id)?.[1] ?? '').split('/')
  return [provider, ...parts.filter((_, index) => index % 2 === 0)].join('/')
}

/** A location as ids and templates write it: `West US 2` is `westus2`. */
export function locationOf(name: string): string {
  return name.replaceAll(' ', '').toLowerCase()
}
