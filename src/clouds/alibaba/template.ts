import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'
import { extraParts } from '../../packer/extra.ts'
import { block, call, interpolate, type Raw, type Value, variable } from '../../packer/hcl.ts'
import { cloudValue } from '../../packer/template.ts'
import type { ReleaseMarks, SourceTemplate } from '../cloud.ts'
import { tag, temporaryName } from '../tags.ts'
import { baseOf } from './bases.ts'
import { credentialAttributes, credentialBlocks } from './credentials.ts'
import { imageTags } from './image-tags.ts'
import { type AlibabaImageSettings, alibabaOf } from './settings.ts'

type Attributes = Readonly<Record<string, Value | undefined>>

/**
 * The alicloud-ecs source. With the marks of a release it names and tags what this run makes, and leaves copies, readers
 * and the family to Sindri; without, it does all of it itself, for plain Packer.
 * https://developer.hashicorp.com/packer/integrations/hashicorp/alicloud/latest/components/builder/alicloud-ecs
 */
export function alibabaSource(resolved: Resolved, marks: ReleaseMarks | undefined): SourceTemplate {
  const alibaba = alibabaOf(resolved)
  const base = marks?.sourceImage === undefined ? baseOf(resolved, alibaba.instanceType) : { image: marks.sourceImage }
  const name = marks === undefined ? undefined : temporaryName(marks.token)
  const extra = extraParts('alicloud-ecs', alibaba.extra)
  const sshUser = extra.attributes.ssh_username ?? 'root'
  return {
    cloud: 'alibaba',
    plugin: 'alicloud',
    required,
    rootLogin: sshUser === 'root',
    defaults: {
      region: alibaba.region,
      instance_type: alibaba.instanceType,
      volume_size: alibaba.systemDiskSizeGb,
    },
    ownVariables: credentialBlocks,
    source: {
      builder: 'alicloud-ecs',
      label: 'sindri',
      attributes: {
        image_name: marks?.name ?? timestamped,
        image_description: resolved.description,
        target_image_family: marks === undefined ? alibaba.targetImageFamily : undefined,
        resource_group_id: alibaba.resourceGroupId,
        ...credentialAttributes,
        region: cloudValue('alibaba', 'region'),
        zone_id: alibaba.zoneId,
        instance_type: cloudValue('alibaba', 'instance_type'),
        instance_name: name ?? 'sindri-image-builder',
        vpc_name: alibaba.vpcId === undefined ? name : undefined,
        vswitch_name: alibaba.vswitchId === undefined ? name : undefined,
        security_group_name: alibaba.securityGroupId === undefined ? name : undefined,
        image_family: 'family' in base ? base.family : undefined,
        source_image: 'image' in base ? base.image : undefined,
        ecs_ram_role_name: alibaba.ecsRamRoleName,
        security_enhancement_strategy: alibaba.securityEnhancementStrategy,
        ...network(alibaba),
        communicator: 'ssh',
        ssh_username: sshUser,
        ssh_timeout: resolved.build.sshTimeout,
        ssh_clear_authorized_keys: resolved.build.security.removeSshKeys,
        temporary_key_pair_name: name,
        tags: imageTags({
          tags: resolved.tags,
          version: variable('sindri_version'),
          profile: variable('profile'),
          base: resolved.build.base,
          sshUser,
          release: marks,
        }),
        run_tags: runTags(resolved, marks),
        image_encrypted: alibaba.imageEncrypted,
        kms_key_id: alibaba.kmsKeyId,
        ...spread(alibaba, marks),
        ...extra.attributes,
        ...(marks !== undefined && { kms_key_copy_ids: undefined }),
      },
      blocks: [
        block('system_disk_mapping', [], {
          disk_size: cloudValue('alibaba', 'volume_size'),
          disk_category: alibaba.systemDiskCategory,
        }),
        ...extra.blocks,
      ],
    },
  }
}

const required = {
  image_family:
    "build with 'sindri vm build', which finds the image, or start from one: write its id as build.base (m-…, or the name of a public one that ends with .vhd)",
  target_image_family: 'leave out alibaba.target_image_family',
  resource_group_id: 'leave out alibaba.resource_group_id',
  ecs_ram_role_name: 'leave out alibaba.ecs_ram_role_name',
  kms_key_id: 'encrypt with the service key: leave out alibaba.kms_key_id',
  kms_key_copy_ids: 'encrypt with the service keys: leave out alibaba.extra.kms_key_copy_ids',
} as const

const timestamped: Raw = interpolate([
  variable('image_name'),
  '-',
  call('formatdate', 'YYYYMMDDhhmmss', call('timestamp')),
])

function runTags(resolved: Resolved, marks: ReleaseMarks | undefined): Readonly<Record<string, Value>> {
  const run: Record<string, Value> = marks === undefined ? {} : { [tag.run]: marks.token, [tag.release]: marks.name }
  return { ...resolved.tags, [tag.managed]: 'true', ...run }
}

/** Without a public address the builder has to be told to use the private one. */
function network(alibaba: AlibabaImageSettings): Attributes {
  const open = alibaba.associatePublicIpAddress
  return {
    vpc_id: alibaba.vpcId,
    vswitch_id: alibaba.vswitchId,
    security_group_id: alibaba.securityGroupId,
    associate_public_ip_address: open,
    ssh_private_ip: !open,
    internet_charge_type: open ? alibaba.internetChargeType : undefined,
    internet_max_bandwidth_out: open ? alibaba.internetMaxBandwidthOut : undefined,
  }
}

/**
 * Copies and readers. An encrypted image is itself a copy, whose name and key the builder puts at the ends of these lists: they have to be
 * complete then, or the first region gets both. An empty key is the service key of its region. Read in the plugin,
 * step_region_copy_image.go of 1.1.2 and of what comes after it (2026-11).
 */
function spread(alibaba: AlibabaImageSettings, marks: ReleaseMarks | undefined): Attributes {
  const { imageCopyRegions: regions, imageCopyNames: names, extra } = alibaba
  const keys = extra.kms_key_copy_ids
  if (Array.isArray(keys) && keys.length !== regions.length) {
    const message = `alibaba.extra.kms_key_copy_ids has ${keys.length} keys for ${regions.length} regions`
    throw new SindriError('config', message, { hint: 'give one key for each of alibaba.image_copy_regions' })
  }
  if (marks !== undefined) return {}
  const accounts = alibaba.imageShareAccount.length > 0 ? alibaba.imageShareAccount : undefined
  if (regions.length === 0) return { image_share_account: accounts }
  const all = alibaba.imageEncrypted === undefined ? undefined : regions.map(() => timestamped)
  return {
    image_share_account: accounts,
    image_copy_regions: regions,
    image_copy_names: names.length > 0 ? names : all,
    kms_key_copy_ids: alibaba.kmsKeyId === undefined ? undefined : regions.map(() => ''),
  }
}
