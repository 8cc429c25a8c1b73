import type { Resolved } from '../../config/resolved.ts'
import { extraParts } from '../../packer/extra.ts'
import { type Block, block, call, interpolate, type Raw, type Value, variable } from '../../packer/hcl.ts'
import { cloudValue } from '../../packer/template.ts'
import type { ReleaseMarks, SourceTemplate } from '../cloud.ts'
import { tag, temporaryName } from '../tags.ts'
import { type AzureBase, baseOf } from './bases.ts'
import { credentialAttributes, credentialVariables } from './credentials.ts'
import { galleryAttributes, galleryBlock, securityAttributes } from './gallery.ts'
import { type AzureImageSettings, azureOf, written } from './settings.ts'

type Attributes = Readonly<Record<string, Value | undefined>>

/**
 * The azure-arm source: a managed image, or a version of a gallery image in its place. With the marks of a release it
 * names and tags what this run makes.
 * https://developer.hashicorp.com/packer/integrations/hashicorp/azure/latest/components/builder/arm
 */
export function azureSource(resolved: Resolved, marks: ReleaseMarks | undefined): SourceTemplate {
  const azure = azureOf(resolved)
  const base = baseOf(resolved.build)
  const extra = extraParts('azure-arm', azure.extra)
  return {
    cloud: 'azure',
    plugin: 'azure',
    defaults: { region: azure.location, instance_type: azure.vmSize, volume_size: azure.osDiskSizeGb },
    ownVariables: credentialVariables(azure),
    required,
    lastScripts: [{ name: '99-waagent.sh', title: 'What Azure gave the build machine is taken away, its account too' }],
    source: {
      builder: 'azure-arm',
      label: 'sindri',
      attributes: {
        ...credentialAttributes(azure),
        ...imageAttributes(azure, base, marks),
        ...placeAttributes(azure, marks),
        os_type: 'Linux',
        vm_size: cloudValue('azure', 'instance_type'),
        os_disk_size_gb: cloudValue('azure', 'volume_size'),
        ...baseAttributes(base),
        ...accessAttributes(resolved, azure, marks),
        ...securityAttributes(azure),
        user_assigned_managed_identities: some(azure.userAssignedManagedIdentities),
        azure_tags: tags(resolved, marks),
        ...extra.attributes,
      },
      blocks: [
        ...sourceBlock(base),
        ...galleryBlock(azure),
        ...(azure.spotEvictionPolicy === undefined
          ? []
          : [block('spot', [], { eviction_policy: azure.spotEvictionPolicy })]),
        ...extra.blocks,
      ],
    },
  }
}

/** Without them this would be another image, or built at another price. */
const required = {
  spot: 'leave out azure.spot_eviction_policy',
  storage_account_type: 'leave out azure.gallery',
  target_region: 'leave out azure.gallery',
} as const

const timestamped: Raw = interpolate([
  variable('image_name'),
  '-',
  call('formatdate', 'YYYYMMDDhhmmss', call('timestamp')),
])

/** The disk of the build machine is of the same storage, also where no managed image is made. */
function imageAttributes(azure: AzureImageSettings, base: AzureBase, marks: ReleaseMarks | undefined): Attributes {
  // The builder starts from a managed image only where it makes one.
  const image = azure.gallery === undefined || base.kind === 'managed'
  return {
    managed_image_name: image ? (marks?.name ?? timestamped) : undefined,
    managed_image_resource_group_name: image ? written(azure.resourceGroup) : undefined,
    managed_image_storage_account_type: azure.storageAccountType,
    ...galleryAttributes(azure, marks !== undefined),
  }
}

function placeAttributes(azure: AzureImageSettings, marks: ReleaseMarks | undefined): Attributes {
  const name = marks === undefined ? undefined : temporaryName(marks.token)
  return azure.buildResourceGroupName === undefined
    ? { location: cloudValue('azure', 'region'), temp_resource_group_name: name }
    : { build_resource_group_name: azure.buildResourceGroupName, temp_compute_name: name }
}

function baseAttributes(base: AzureBase): Attributes {
  switch (base.kind) {
    case 'marketplace':
      return {
        image_publisher: base.publisher,
        image_offer: base.offer,
        image_sku: base.sku,
        image_version: base.version,
      }
    case 'managed':
      return {
        custom_managed_image_name: base.name,
        custom_managed_image_resource_group_name: base.resourceGroup,
      }
    case 'gallery':
      return {}
  }
}

function sourceBlock(base: AzureBase): readonly Block[] {
  if (base.kind !== 'gallery') return []
  const { subscription, resourceGroup, gallery, image, version } = base
  return [
    block('shared_image_gallery', [], {
      subscription,
      resource_group: resourceGroup,
      gallery_name: gallery,
      image_name: image,
      image_version: version,
    }),
  ]
}

/** The account is removed before the image is taken; the builder makes its key, and a password, anew for each build. */
function accessAttributes(resolved: Resolved, azure: AzureImageSettings, marks: ReleaseMarks | undefined): Attributes {
  const { virtualNetworkName: network, allowedInboundIpAddresses: asked } = azure
  const ranges = asked.length === 0 && marks?.callerRange !== undefined ? [marks.callerRange] : asked
  return {
    communicator: 'ssh',
    ssh_username: 'packer',
    ssh_timeout: resolved.build.sshTimeout,
    // In a network that exists its own security groups decide.
    allowed_inbound_ip_addresses: network === undefined ? some(ranges) : undefined,
    virtual_network_name: network,
    virtual_network_subnet_name: azure.virtualNetworkSubnetName,
    virtual_network_resource_group_name: azure.virtualNetworkResourceGroupName,
    private_virtual_network_with_public_ip: azure.privateVirtualNetworkWithPublicIp,
  }
}

/**
 * The builder gives the image and all that a run makes the same tags. To Azure names that differ in case are
 * the same, and a value has at most 256 characters.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
 */
function tags(resolved: Resolved, marks: ReleaseMarks | undefined): Record<string, Value> {
  const own: Record<string, Value> = {
    Name: marks?.name ?? variable('image_name'),
    [tag.managed]: 'true',
    [tag.version]: variable('sindri_version'),
    [tag.profile]: variable('profile'),
    [tag.base]: resolved.build.base.slice(0, 256),
    [tag.description]: resolved.description,
    ...(marks === undefined
      ? {}
      : { [tag.release]: marks.name, [tag.fingerprint]: marks.fingerprint, [tag.run]: marks.token }),
  }
  const taken = new Set(Object.keys(own).map((name) => name.toLowerCase()))
  const users = Object.entries(resolved.tags).filter(([name]) => !taken.has(name.toLowerCase()))
  return { ...Object.fromEntries(users), ...own }
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}
