import { alibaba } from './alibaba/index.ts'
import { aws } from './aws/index.ts'
import { azure } from './azure/index.ts'
import { gcp } from './gcp/index.ts'
import type { RehearsedCloud } from './kit/stand-in.ts'
import { oci } from './oci/index.ts'
import { openstack } from './openstack/index.ts'

interface RehearsedClouds {
  readonly aws: typeof aws
  readonly azure: typeof azure
  readonly gcp: typeof gcp
  readonly oci: typeof oci
  readonly alibaba: typeof alibaba
  readonly openstack: typeof openstack
}

/** The only list of clouds that are rehearsed. */
export const rehearsedClouds: RehearsedClouds = { aws, azure, gcp, oci, alibaba, openstack }

/** The same as a list. */
export const allRehearsed: readonly RehearsedCloud[] = Object.values(rehearsedClouds)

/** The cloud that answers for a host name, if any does. */
export function cloudOfHost(host: string): RehearsedCloud | undefined {
  return allRehearsed.find((cloud) => cloud.isHost(host))
}

/** True for the host names some stand-in answers for. */
export function isVendorHost(host: string): boolean {
  return cloudOfHost(host) !== undefined
}

/** The domains those host names are in: the only ones the throw-away authority is good for. */
export const vendorDomains: readonly string[] = allRehearsed.flatMap(({ domains }) => domains)
