import type * as z from 'zod/mini'
import {
  type Extra,
  extraField,
  type Fields,
  flag,
  lazySection,
  listOf,
  oneOf,
  type TextRule,
  text,
  whole,
} from '../fields.ts'
import type { Written } from '../written.ts'

/** How an image is built in Alibaba Cloud. Sizes in GiB. */
export interface AlibabaSettings {
  readonly region: string
  readonly zoneId?: string
  readonly instanceType: string
  readonly systemDiskSizeGb: number
  readonly systemDiskCategory: (typeof diskCategories)[number]
  readonly vpcId?: string
  readonly vswitchId?: string
  readonly securityGroupId?: string
  readonly associatePublicIpAddress: boolean
  readonly internetChargeType: 'PayByTraffic' | 'PayByBandwidth'
  /** Mbit/s. */
  readonly internetMaxBandwidthOut?: number
  readonly imageEncrypted?: boolean
  readonly kmsKeyId?: string
  readonly targetImageFamily?: string
  readonly imageCopyRegions: readonly string[]
  readonly imageCopyNames: readonly string[]
  readonly imageShareAccount: readonly string[]
  readonly resourceGroupId?: string
  readonly ecsRamRoleName?: string
  readonly securityEnhancementStrategy?: 'Active' | 'Deactive'
  readonly extra: Extra
}

const diskCategories = [
  'cloud_essd',
  'cloud_essd_entry',
  'cloud_auto',
  'cloud_ssd',
  'cloud_efficiency',
  'cloud',
  'ephemeral_ssd',
] as const

/** A region's name, judged by its shape alone. */
export const alibabaRegion: TextRule = {
  pattern: /^[a-z]{2}(-[a-z]+)+(-\d{1,2})?(-[a-z0-9-]+)?$/,
  kind: 'an Alibaba Cloud region',
  hint: 'a region looks like cn-hangzhou',
}

/** A family that images join. */
export const alibabaFamily: TextRule = {
  pattern: /^(?!acs:|aliyun|https?:\/\/)[A-Za-z][\w:.-]{1,127}$/,
  kind: 'an image family',
  hint: 'use 2 to 128 letters, digits and : . _ -, not beginning with acs: or aliyun',
}

/** The number of an account. */
export const alibabaAccount: TextRule = {
  pattern: /^\d{10,20}$/,
  kind: 'an Alibaba Cloud account',
  hint: 'an account is a number in quotes: "1234567890123456"',
}

/** `ecs.g6.xlarge`. */
const alibabaInstanceType: TextRule = {
  pattern: /^ecs\.[a-z0-9-]+\.[a-z0-9.-]+$/,
  kind: 'an ECS instance type',
  hint: 'an instance type looks like ecs.g6.xlarge',
}

/** The fields of `providers.packer.alibaba`. */
export const alibabaFields = (): Fields<Written<AlibabaSettings>> => ({
  region: text('Region to build in.', alibabaRegion),
  zone_id: text('Zone to build in; otherwise one that has the instance type.', {
    pattern: /^[a-z]{2}(-[a-z0-9]+)+$/,
    kind: 'a zone',
    hint: 'a zone looks like cn-hangzhou-i',
  }),
  instance_type: text('Instance type to build on.', alibabaInstanceType),
  system_disk_size_gb: whole('Size of the system disk in GiB.', 20, 2048),
  system_disk_category: oneOf('Category of the system disk.', diskCategories),
  vpc_id: text('VPC to build in; otherwise a temporary one is made.', resource('vpc')),
  vswitch_id: text('VSwitch to build in; otherwise a temporary one is made.', resource('vsw')),
  security_group_id: text('Security group of the build instance; otherwise a temporary one is made.', resource('sg')),
  associate_public_ip_address: flag('Give the build instance a public address.'),
  internet_charge_type: oneOf('How its traffic is charged.', ['PayByTraffic', 'PayByBandwidth']),
  internet_max_bandwidth_out: whole('Its outgoing bandwidth in Mbit/s.', 0, 100),
  image_encrypted: flag('Encrypt the image.'),
  kms_key_id: text('KMS key to encrypt the image with; otherwise the service key.', {
    pattern: /^(key-[\w-]+|[0-9a-f-]{36})$/,
    kind: 'a KMS key',
    hint: 'write the id of the key',
  }),
  target_image_family: text('Family the image joins.', alibabaFamily),
  image_copy_regions: listOf('Regions the image is copied to.', text('Region.', alibabaRegion)),
  image_copy_names: listOf(
    'Name of the copy in each of these regions, in their order; otherwise the image’s own.',
    text('Name.', {
      pattern: /^(?!https?:\/\/)\S{2,128}$/,
      kind: 'an image name',
      hint: 'use 2 to 128 characters without spaces',
    }),
  ),
  image_share_account: listOf('Accounts that may use the image.', text('Account.', alibabaAccount)),
  resource_group_id: text('Resource group of the image.', {
    pattern: /^rg-[a-z0-9]+$/,
    kind: 'a resource group id',
    hint: 'write it as in rg-bp67acfmxazb4p',
  }),
  ecs_ram_role_name: text('RAM role of the build instance.', {
    pattern: /^[\w.-]{1,64}$/,
    kind: 'a RAM role name',
    hint: 'write the name, not the ARN',
  }),
  security_enhancement_strategy: oneOf('Security Center in the build instance.', ['Active', 'Deactive']),
  extra: extraField('alicloud-ecs'),
})

/** `providers.packer.alibaba`. */
export const alibabaSection: z.ZodMiniType<Written<AlibabaSettings>> = lazySection(
  'Building in Alibaba Cloud.',
  alibabaFields,
)

function resource(prefix: string): TextRule {
  return {
    pattern: new RegExp(`^${prefix}-[a-z0-9]{8,32}$`),
    kind: `an id of the form ${prefix}-…`,
    hint: `write it as in ${prefix}-bp1s5fnvk4gn2tws03`,
  }
}
