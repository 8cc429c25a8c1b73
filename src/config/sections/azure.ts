import type * as z from 'zod/mini'
import type { VariableReference } from '../environment.ts'
import {
  addressRange,
  type Extra,
  extraField,
  type Fields,
  flag,
  lazySection,
  listOf,
  oneOf,
  section,
  type TextRule,
  text,
  whole,
} from '../fields.ts'
import type { Written } from '../written.ts'

/** How an image is built in Azure. Sizes in GiB. */
export interface AzureSettings {
  readonly subscriptionId: string | VariableReference
  readonly tenantId?: string | VariableReference
  readonly resourceGroup: string | VariableReference
  readonly buildResourceGroupName?: string
  readonly location: string
  readonly vmSize: string
  readonly osDiskSizeGb: number
  readonly storageAccountType: 'Standard_LRS' | 'Premium_LRS'
  readonly gallery?: AzureGallery
  readonly virtualNetworkName?: string
  readonly virtualNetworkSubnetName?: string
  readonly virtualNetworkResourceGroupName?: string
  readonly privateVirtualNetworkWithPublicIp?: boolean
  readonly allowedInboundIpAddresses: readonly string[]
  readonly secureBootEnabled?: boolean
  readonly vtpmEnabled?: boolean
  readonly securityType?: 'TrustedLaunch' | 'ConfidentialVM'
  readonly encryptionAtHost?: boolean
  readonly diskEncryptionSetId?: string
  readonly userAssignedManagedIdentities: readonly string[]
  readonly spotEvictionPolicy?: 'Deallocate' | 'Delete'
  readonly extra: Extra
}

/** An Azure Compute Gallery the image becomes a version of, in place of a managed image. */
interface AzureGallery {
  readonly galleryName: string
  readonly imageName: string
  readonly imageVersion: string
  /** Defaults to the resource group of the image. */
  readonly resourceGroup?: string
  readonly replicationRegions: readonly string[]
  readonly replicaCount: number
  readonly excludeFromLatest?: boolean
  readonly endOfLifeDate?: string
}

/** A location's name, judged by its shape alone. */
export const azureLocation: TextRule = {
  pattern: /^[a-z][a-z0-9]{2,40}$/,
  kind: 'an Azure location',
  hint: 'a location looks like westus2',
}

/** `Standard_D4s_v4`. */
const azureVmSize: TextRule = {
  pattern: /^(Standard|Basic)_[A-Za-z0-9_-]+$/,
  kind: 'an Azure VM size',
  hint: 'a size looks like Standard_D4s_v4',
}

/** Of a subscription, a tenant or a principal. */
export const uuid: TextRule = {
  pattern: /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
  kind: 'a UUID',
  hint: 'write the id as in 00000000-0000-0000-0000-000000000000, or ${env:NAME}',
  reference: true,
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
export const resourceGroup: TextRule = {
  pattern: /^[\w().-]{0,89}[\w()-]$/,
  kind: 'a resource group name',
  hint: 'use 1 to 90 letters, digits, and ( ) . _ -, not ending with a dot',
}

const networkName: TextRule = {
  pattern: /^[A-Za-z0-9][\w.-]{0,79}$/,
  kind: 'an Azure network name',
  hint: 'use up to 80 letters, digits, and . _ -',
}

const galleryName: TextRule = {
  pattern: /^[A-Za-z0-9][\w.-]{0,79}$/,
  kind: 'a gallery or image definition name',
  hint: 'use up to 80 letters, digits, and . _ -',
}

function resourceId(type: string): TextRule {
  return {
    pattern: new RegExp(`^/subscriptions/[^/]+/resource[gG]roups/[^/]+/providers/${type}/[^/]+$`),
    kind: `the resource id of a ${type}`,
    hint: `write it as in /subscriptions/…/resourceGroups/…/providers/${type}/…`,
  }
}

/** ISO 8601, in UTC. */
export const dateAndTime: TextRule = {
  pattern: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/,
  kind: 'a date and time',
  hint: 'write it as in "2028-02-01T00:00:00Z"',
}

const galleryFields: Fields<Written<AzureGallery>> = {
  gallery_name: text('Name of the gallery.', galleryName),
  image_name: text('Image definition in the gallery.', galleryName),
  image_version: text('Version the image becomes.', {
    pattern: /^\d{1,9}\.\d{1,9}\.\d{1,9}$/,
    kind: 'a gallery image version',
    hint: 'write three numbers, as in "1.0.0"',
  }),
  resource_group: text('Resource group of the gallery; otherwise azure.resource_group.', resourceGroup),
  replication_regions: listOf('Locations the version is replicated to.', text('Location.', azureLocation)),
  replica_count: whole('Replicas in each location.', 1, 100),
  exclude_from_latest: flag('Instances that ask for the latest version do not get this one.'),
  end_of_life_date: text('When the version should no longer be used. Azure only shows it.', dateAndTime),
}

/** The fields of `providers.packer.azure`. */
export const azureFields = (): Fields<Written<AzureSettings>> => ({
  subscription_id: text('Subscription to build in.', uuid),
  tenant_id: text('Tenant of the subscription; otherwise that of the environment, or the one Azure names.', uuid),
  resource_group: text('Resource group of the image.', {
    ...resourceGroup,
    reference: true,
  }),
  build_resource_group_name: text(
    'Existing resource group to build in; otherwise a temporary one is made in location.',
    resourceGroup,
  ),
  location: text('Location to build in.', azureLocation),
  vm_size: text('VM size to build on.', azureVmSize),
  os_disk_size_gb: whole('Size of the OS disk in GiB.', 30, 4095),
  storage_account_type: oneOf('Storage of the image, and of the disk it is built on.', ['Standard_LRS', 'Premium_LRS']),
  gallery: section(
    'Azure Compute Gallery the image becomes a version of, in place of a managed image.',
    galleryFields,
    ['gallery_name', 'image_name', 'image_version'],
  ),
  virtual_network_name: text('Existing virtual network to build in.', networkName),
  virtual_network_subnet_name: text('Subnet of that network.', networkName),
  virtual_network_resource_group_name: text('Resource group of that network.', resourceGroup),
  private_virtual_network_with_public_ip: flag('Reach a build VM in an existing network by a public address.'),
  allowed_inbound_ip_addresses: listOf(
    'Address ranges that may reach port 22 of the build VM.',
    text('Address range.', addressRange),
  ),
  secure_boot_enabled: flag('Secure Boot. Needs a gallery.'),
  vtpm_enabled: flag('Virtual TPM. Needs a gallery.'),
  security_type: oneOf('Security type of the VM. Needs a gallery.', ['TrustedLaunch', 'ConfidentialVM']),
  encryption_at_host: flag('Encrypt the disks of the build VM at its host.'),
  disk_encryption_set_id: text(
    'Disk encryption set of the image. Needs a gallery.',
    resourceId('Microsoft.Compute/diskEncryptionSets'),
  ),
  user_assigned_managed_identities: listOf(
    'Managed identities of the build VM.',
    text('Identity.', resourceId('Microsoft.ManagedIdentity/userAssignedIdentities')),
  ),
  spot_eviction_policy: oneOf('Build on a spot VM; what happens to it when it is evicted.', ['Deallocate', 'Delete']),
  extra: extraField('azure-arm'),
})

/** `providers.packer.azure`. */
export const azureSection: z.ZodMiniType<Written<AzureSettings>> = lazySection('Building in Azure.', azureFields)
