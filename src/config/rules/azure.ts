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

/**
 * Azure refuses a managed image of arm64 at the end of a build: https://github.com/hashicorp/packer-plugin-azure/issues/367.
 * A `p` behind the number of a size is an Arm processor:
 * https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions.
 */
export function azureArchRules(azure: Written<AzureSettings>, arch: string, complain: Complain): void {
  const size = azure.vm_size ?? ''
  const sizeArch = /^Standard_[A-Z]+\d+(-\d+)?[a-z]*p[a-z]*(_|$)/.test(size) ? 'arm64' : 'x86_64'
  if (sizeArch !== arch) {
    const like = arch === 'arm64' ? 'Standard_D4ps_v5' : 'Standard_D4s_v4'
    const hint = `set providers.packer.build.arch: ${sizeArch}, or a size such as ${like}`
    complain(['vm_size'], `${size} is ${sizeArch}, the image is to be ${arch}`, hint)
  } else if (arch === 'arm64' && azure.gallery === undefined) {
    complain(
      ['vm_size'],
      'is arm64, which no managed image can be',
      'set azure.gallery: the image then becomes a gallery version',
    )
  }
}
