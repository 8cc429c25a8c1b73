import { awsDomains, awsHost } from './aws/regions.ts'
import { gcpDomains, isGcpHost } from './gcp/places.ts'

/** True for the host names some stand-in answers for. */
export function isVendorHost(host: string): boolean {
  return awsHost(host) !== undefined || isGcpHost(host)
}

/** The domains those host names are in: the only ones the throw-away authority is good for. */
export const vendorDomains: readonly string[] = [...awsDomains, ...gcpDomains]
