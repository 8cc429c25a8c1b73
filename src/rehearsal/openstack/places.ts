/** A region and where its images are. OpenStack has no host names of its own, and `.example` is nobody's (RFC 2606). */
export interface Region {
  readonly name: string
  readonly host: string
}

/** The domain of the rehearsed OpenStack. */
export const domain = 'openstack.example'
/** Where Keystone answers. */
export const identityHost: string = `identity.${domain}`
/** The regions of the catalogue. */
export const regions: readonly Region[] = ['RegionOne', 'RegionTwo'].map((name) => ({
  name,
  host: `images-${name.toLowerCase()}.${domain}`,
}))

/** The region whose Glance answers for a host. */
export function regionOfHost(host: string): Region | undefined {
  return regions.find((region) => region.host === host)
}
