import type { AzureSettings } from '../sections/azure.ts'
import type { Written } from '../written.ts'
import type { Complain } from './rule.ts'

/** What Packer's azure-arm builder would refuse. */
export function azureRules(azure: Written<AzureSettings>, complain: Complain): void {
  const trusted = (['secure_boot_enabled', 'vtpm_enabled', 'security_type', 'disk_encryption_set_id'] as const).find(
    (key) => azure[key] !== undefined && azure[key] !== false,
  )
  if (trusted !== undefined && azure.gallery === undefined) {
    complain(
      [trusted],
      'is not possible for a managed image',
      'set azure.gallery: the image then becomes a gallery version',
    )
  }
  if (azure.virtual_network_name !== undefined && (azure.allowed_inbound_ip_addresses ?? []).length > 0) {
    complain(
      ['allowed_inbound_ip_addresses'],
      'does not work in an existing network',
      'remove it and use the security group of the subnet',
    )
  }
  if (azure.virtual_network_name === undefined) {
    for (const key of [
      'virtual_network_subnet_name',
      'virtual_network_resource_group_name',
      'private_virtual_network_with_public_ip',
    ] as const) {
      if (azure[key] !== undefined) complain([key], 'needs a network', 'set azure.virtual_network_name')
    }
  }
  const { gallery } = azure
  if (gallery?.replication_regions !== undefined && azure.location !== undefined) {
    const { location, build_resource_group_name: existing } = azure
    if (
      gallery.replication_regions.length > 0 &&
      existing === undefined &&
      !gallery.replication_regions.includes(location)
    ) {
      complain(
        ['gallery', 'replication_regions'],
        `leaves out ${location}, where the image is built`,
        `add ${location}`,
      )
    }
  }
}
