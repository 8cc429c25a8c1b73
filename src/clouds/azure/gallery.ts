import { type Block, block, type Value } from '../../packer/hcl.ts'
import { cloudValue } from '../../packer/template.ts'
import { type AzureImageSettings, written } from './settings.ts'

type Attributes = Readonly<Record<string, Value | undefined>>

/**
 * What of a gallery version stands beside its block. `released`: Sindri builds it, and once it is there writes when it ends
 * and whether it may be the latest; until then it is not.
 */
export function galleryAttributes(azure: AzureImageSettings, released: boolean): Attributes {
  const { gallery } = azure
  if (gallery === undefined) return {}
  return {
    // Replicas in the location of a group that exists, which only the builder knows.
    shared_image_gallery_replica_count: azure.buildResourceGroupName === undefined ? undefined : gallery.replicaCount,
    shared_gallery_image_version_exclude_from_latest: released || gallery.excludeFromLatest,
    shared_gallery_image_version_end_of_life_date: released ? undefined : gallery.endOfLifeDate,
    // Replication to another location is seldom done in the hour the builder would wait.
    shared_image_gallery_timeout: gallery.replicationRegions.length > 0 ? '3h' : undefined,
  }
}

/** The version that is published straight from the build machine. */
export function galleryBlock(azure: AzureImageSettings): readonly Block[] {
  const { gallery } = azure
  if (gallery === undefined) return []
  const inGroup = azure.buildResourceGroupName !== undefined
  const regions = gallery.replicationRegions.length > 0 ? gallery.replicationRegions : [azure.location]
  const attributes = {
    subscription: written(azure.subscriptionId),
    resource_group: gallery.resourceGroup ?? written(azure.resourceGroup),
    gallery_name: gallery.galleryName,
    image_name: gallery.imageName,
    image_version: gallery.imageVersion,
    storage_account_type: azure.storageAccountType,
    confidential_vm_image_encryption_type: confidential(azure)?.ofImage,
    // The builder adds the location of the group to these, as it does not to target_region.
    replication_regions: inGroup && gallery.replicationRegions.length > 0 ? gallery.replicationRegions : undefined,
  }
  const targets = regions.map((region) =>
    block('target_region', [], {
      name: region === azure.location ? cloudValue('azure', 'region') : region,
      replicas: gallery.replicaCount,
      // A disk encryption set serves one location.
      disk_encryption_set_id: region === azure.location ? azure.diskEncryptionSetId : undefined,
    }),
  )
  return [block('shared_image_gallery_destination', [], attributes, inGroup ? [] : targets)]
}

/** How the build machine is protected; all but the encryption at its host goes with a gallery alone. */
export function securityAttributes(azure: AzureImageSettings): Attributes {
  // Azure takes firmware settings only of a machine with a security type.
  const trusted = azure.secureBootEnabled === true || azure.vtpmEnabled === true ? 'TrustedLaunch' : undefined
  return {
    secure_boot_enabled: azure.secureBootEnabled,
    vtpm_enabled: azure.vtpmEnabled,
    security_type: azure.securityType ?? trusted,
    security_encryption_type: confidential(azure)?.ofMachine,
    encryption_at_host: azure.encryptionAtHost,
    disk_encryption_set_id: azure.diskEncryptionSetId,
  }
}

/** The builder demands that both fit together, and a customer's key for both or for none. */
function confidential({ securityType, diskEncryptionSetId }: AzureImageSettings) {
  if (securityType !== 'ConfidentialVM') return undefined
  return diskEncryptionSetId === undefined
    ? { ofMachine: 'VMGuestStateOnly', ofImage: 'EncryptedVMGuestStateOnlyWithPmk' }
    : { ofMachine: 'DiskWithVMGuestState', ofImage: 'EncryptedWithCmk' }
}
