/** Settings of `providers.packer`, those of Azure apart. */
export interface Written {
  readonly azure?: Readonly<Record<string, unknown>>
  readonly packer?: Readonly<Record<string, unknown>>
}

/** The least a config for Azure needs. */
export const plain: Readonly<Record<string, unknown>> = {
  subscription_id: '11111111-1111-1111-1111-111111111111',
  resource_group: 'images',
}

/** A gallery with the least it needs. */
export const gallery = { gallery_name: 'golden', image_name: 'sindri', image_version: '1.2.3' }

const provider = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/shared/providers'

/** One id of each kind of thing that a config may name. */
export const ids = {
  keys: `${provider}/Microsoft.Compute/diskEncryptionSets/keys`,
  identity: `${provider}/Microsoft.ManagedIdentity/userAssignedIdentities/builder`,
  image: `${provider}/Microsoft.Compute/images/base`,
  version: `${provider}/Microsoft.Compute/galleries/bases/images/ubuntu/versions/1.0.0`,
}

/** Configs that between them use every setting of Azure, by what they are about. */
export const azureMatrix: Readonly<Record<string, Written>> = {
  'the least config': { azure: plain },
  'an account from the environment': { azure: {} },
  'another machine': {
    azure: { ...plain, location: 'westeurope', vm_size: 'Standard_B4ms', storage_account_type: 'Standard_LRS' },
  },
  'a group that exists': { azure: { ...plain, build_resource_group_name: 'builds' } },
  'a private network': {
    azure: {
      ...plain,
      virtual_network_name: 'corp',
      virtual_network_subnet_name: 'builds',
      virtual_network_resource_group_name: 'network',
    },
  },
  'a network with a public address': {
    azure: { ...plain, virtual_network_name: 'corp', private_virtual_network_with_public_ip: true },
  },
  'named address ranges': { azure: { ...plain, allowed_inbound_ip_addresses: ['203.0.113.0/24'] } },
  'encryption and identities': {
    azure: { ...plain, encryption_at_host: true, user_assigned_managed_identities: [ids.identity] },
  },
  'a marketplace image': { azure: plain, packer: { build: { base: 'Canonical:ubuntu-24_04-lts:server:latest' } } },
  'a managed image': { azure: plain, packer: { build: { base: ids.image } } },
  'a gallery image': { azure: plain, packer: { build: { base: ids.version } } },
  'a gallery': { azure: { ...plain, gallery } },
  'a gallery in two regions': {
    azure: { ...plain, gallery: { ...gallery, replication_regions: ['westus2', 'westeurope'], replica_count: 2 } },
  },
  'a gallery from a group that exists': {
    azure: {
      ...plain,
      build_resource_group_name: 'builds',
      gallery: { ...gallery, replication_regions: ['westeurope'], end_of_life_date: '2028-02-01T00:00:00Z' },
    },
  },
  'a gallery from a managed image': { azure: { ...plain, gallery }, packer: { build: { base: ids.image } } },
  'trusted launch': { azure: { ...plain, gallery, secure_boot_enabled: true, vtpm_enabled: true } },
  'a confidential machine': { azure: { ...plain, gallery, security_type: 'ConfidentialVM' } },
  'a confidential machine with its own key': {
    azure: { ...plain, gallery, security_type: 'ConfidentialVM', disk_encryption_set_id: ids.keys },
  },
  'a key of its own': { azure: { ...plain, gallery, disk_encryption_set_id: ids.keys } },
  'a processor of another kind': {
    azure: { ...plain, gallery, vm_size: 'Standard_D4ps_v5' },
    packer: { build: { arch: 'arm64' } },
  },
  'a spot machine': { azure: { ...plain, spot_eviction_policy: 'Delete' } },
  'a marketplace plan': {
    azure: { ...plain, extra: { plan_info: { plan_name: 'p', plan_product: 'o', plan_publisher: 'x' } } },
  },
}
