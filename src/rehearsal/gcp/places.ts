import { notFound, notImplemented } from './gcp-error.ts'

/** Zones by region, and the block its part of the default network has: https://cloud.google.com/vpc/docs/subnets#ip-ranges (2026-11). */
const regions: Readonly<Record<string, { readonly letters: string; readonly block: number }>> = {
  'us-central1': { letters: 'abcf', block: 128 },
  'europe-west1': { letters: 'bcd', block: 132 },
  'us-west1': { letters: 'abc', block: 138 },
  'asia-east1': { letters: 'abc', block: 140 },
  'us-east1': { letters: 'bcd', block: 142 },
  'asia-northeast1': { letters: 'abc', block: 146 },
  'us-east4': { letters: 'abc', block: 150 },
  'europe-west3': { letters: 'abc', block: 156 },
  'europe-west4': { letters: 'abc', block: 164 },
}

/** The region a zone is in; 501 for one that is Google's and not here. */
export function regionOf(zone: string): string {
  const [, region = '', letter = ''] = /^(.+)-([a-z])$/.exec(zone) ?? []
  const known = regions[region]
  if (known === undefined) throw notImplemented(`the zone ${zone}; it offers ${Object.keys(regions).join(', ')}`)
  if (!known.letters.includes(letter)) throw notFound(`zones/${zone}`)
  return region
}

/** The regions there are. */
export const regionNames: readonly string[] = Object.keys(regions)

/** The first two numbers of the addresses in a region's part of the default network. */
export function addressBlock(region: string): string {
  const known = regions[region]
  if (known === undefined) throw notFound(`regions/${region}`)
  return `10.${known.block}`
}

/** The project of the rehearsal's account; any other id of a project is its own too. */
export const project = 'sindri-rehearsal'

/** The one account the stand-in knows. */
export const email: string = `rehearsal@${project}.iam.gserviceaccount.com`

/** The domains of Google's that the stand-in answers for. */
export const gcpDomains: readonly string[] = ['googleapis.com']

const services = ['compute', 'oauth2', 'cloudresourcemanager', 'storage', 'www', 'accounts']

/** True for hosts of Google's that the stand-in answers for. */
export function isGcpHost(host: string): boolean {
  const name = host.toLowerCase()
  return services.some((service) => name === `${service}.googleapis.com`)
}
