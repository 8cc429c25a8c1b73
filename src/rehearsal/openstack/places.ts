/** The domain of the rehearsed OpenStack, which has no host names of its own: `.example` is nobody's (RFC 2606). */
export const domain = 'openstack.example'
/** Where Keystone answers. */
export const identityHost: string = `identity.${domain}`
/** Where every Glance answers, each below its region's name. */
export const imagesHost: string = `images.${domain}`
/** The regions of the catalogue. A Glance answers for any other name too, so that a config that names its own can be rehearsed. */
export const regions = ['RegionOne', 'RegionTwo'] as const

/** Where the Glance of a region answers. */
export function imagesUrl(region: string): string {
  return `https://${imagesHost}/${region}`
}

/** The region whose Glance a path leads to, and the path below that. */
export function placeOf(path: string): { readonly region: string; readonly path: string } | undefined {
  const [, region, rest = ''] = /^\/([\w.-]+)(?:\/(.*?))?\/?$/.exec(path) ?? []
  return region === undefined ? undefined : { region, path: rest }
}
