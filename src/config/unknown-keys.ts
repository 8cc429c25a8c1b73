import { didYouMean } from './did-you-mean.ts'
import { dotted, type Mistake } from './mistake.ts'

/** Keys that documents, older versions or the builders' own names suggest, and what to write instead. */
const instead: Readonly<Record<string, string>> = {
  '<<': 'YAML 1.2 has no merge keys: write the keys out',
  'extensions.active': 'list them under extensions.additional, and set extensions.profile: minimal',
  'providers.packer.tag': 'write tags',
  'providers.packer.region':
    'the region belongs to a cloud: set providers.packer.aws.region, azure.location, gcp.zone, …',
  'providers.packer.extensions': 'write them under providers.packer.build.extensions',
  'providers.packer.aws.ami_name': 'set providers.packer.image_name',
  'providers.packer.aws.ami_description': 'set providers.packer.description',
  'providers.packer.aws.encrypted': 'set encrypt_boot',
  'providers.packer.aws.disk_size': 'set volume_size',
  'providers.packer.aws.security_group_id': 'write a list: security_group_ids',
  'providers.packer.aws.deprecate_at': 'set deprecate_after_days, so that the same file serves every build',
  'providers.packer.azure.azure_nsg_name':
    'Packer cannot attach a security group: give one to the subnet (virtual_network_subnet_name), or set allowed_inbound_ip_addresses',
  'providers.packer.azure.azure_nsg_resource_group_name':
    'Packer cannot attach a security group: give one to the subnet (virtual_network_subnet_name), or set allowed_inbound_ip_addresses',
  'providers.packer.azure.region': 'Azure calls it location',
  'providers.packer.gcp.region': 'an instance is built in a zone: set zone',
  'providers.packer.gcp.source_image': 'set providers.packer.build.base',
  'providers.packer.oci.disk_size': 'set boot_volume_size_gb',
  'providers.packer.alibaba.system_disk_performance_level':
    'Packer cannot choose it: set system_disk_category, as in cloud_essd or cloud_auto',
  'providers.packer.alibaba.image_share_accounts': 'set image_share_account',
  'providers.packer.alibaba.spot_strategy': 'Packer’s Alibaba builder has no spot instances: remove it',
  'providers.packer.alibaba.spot_price_limit': 'Packer’s Alibaba builder has no spot instances: remove it',
}

/** What to do about a key that is not known: the right one when it is known to be meant, else the nearest, else all. */
export function unknownKeyHint(path: Mistake['path'], key: string, known: readonly string[]): string {
  const explained = instead[dotted([...path, key])] ?? instead[key]
  if (explained !== undefined) return explained
  const near = didYouMean(key, known)
  if (near !== '') return near.trimEnd()
  return known.length > 12 ? 'docs/configuration.md lists the keys' : `the keys here are ${known.join(', ')}`
}
