/** A region, as names and OCIDs of things in it are made. */
export interface Region {
  readonly name: string
  /** Its part of an OCID: the key of the older regions, the name of the others. */
  readonly key: string
  /** What the names of its availability domains begin with, behind the tenancy's own prefix. */
  readonly domain: string
  readonly domains: number
}

function regionOfName(name: string, domains: number, key = name, domain = `${name.toUpperCase()}-AD`): Region {
  return { name, key, domain, domains }
}

/** The tenancy is subscribed to all of them. https://docs.oracle.com/iaas/Content/General/Concepts/regions.htm (2026-11) */
export const regions: readonly Region[] = [
  regionOfName('us-phoenix-1', 3, 'phx', 'PHX-AD'),
  regionOfName('us-ashburn-1', 3, 'iad', 'US-ASHBURN-AD'),
  regionOfName('eu-frankfurt-1', 3),
  regionOfName('uk-london-1', 3),
  regionOfName('us-sanjose-1', 1),
  regionOfName('ca-toronto-1', 1),
  regionOfName('ap-tokyo-1', 1),
  regionOfName('ap-sydney-1', 1),
  regionOfName('sa-saopaulo-1', 1),
]

/** The domains of Oracle's that the stand-in answers for. */
export const ociDomains: readonly string[] = ['oraclecloud.com']

const hostPattern = /^(iaas|identity|limits|objectstorage)\.([a-z]{2,4}(?:-[a-z]+)+-\d+)(?:\.oci)?\.oraclecloud\.com$/

/** The service and the region a host name stands for; undefined for hosts the stand-in does not answer for. */
export function placeOfHost(
  host: string,
): { readonly service: string; readonly name: string; readonly region: Region | undefined } | undefined {
  const [, service, name] = hostPattern.exec(host.toLowerCase()) ?? []
  if (service === undefined || name === undefined) return undefined
  return { service, name, region: regions.find((one) => one.name === name) }
}

/** The names of all regions there are here. */
export const regionNames: readonly string[] = regions.map(({ name }) => name)

/** Whether a region has an availability domain of this name, whatever prefix the tenancy has. */
export function hasDomain({ domain, domains }: Region, name: string): boolean {
  return new RegExp(`^[\\w-]+:${domain}-[1-${domains}]$`).test(name)
}
