/** A part of `providers.packer`. */
interface Packer extends Readonly<Record<string, unknown>> {
  readonly alibaba: Readonly<Record<string, unknown>>
}

/** A public image by its name, which also Packer 1.6.6 starts from. */
const image = { base: 'ubuntu_24_04_x64_20G_alibase_20250916.vhd' } as const

/** Configs that use everything the template of this cloud can say. */
export const rich: Packer = {
  image_name: 'golden',
  description: 'Golden image of the organization',
  tags: { Team: 'platform' },
  build: { base: 'debian-12', security: { cis_hardening: true }, scripts: ['setup.sh'], ssh_timeout: '30m' },
  alibaba: {
    region: 'ap-southeast-1',
    zone_id: 'ap-southeast-1a',
    instance_type: 'ecs.g7.large',
    system_disk_size_gb: 40,
    system_disk_category: 'cloud_auto',
    vpc_id: 'vpc-bp1s5fnvk4gn2tws03',
    vswitch_id: 'vsw-bp1s5fnvk4gn2tws03',
    security_group_id: 'sg-bp1s5fnvk4gn2tws03',
    internet_charge_type: 'PayByBandwidth',
    internet_max_bandwidth_out: 20,
    image_encrypted: true,
    kms_key_id: 'key-sgp0123456789abcdef',
    target_image_family: 'golden',
    image_copy_regions: ['eu-central-1', 'us-east-1'],
    image_copy_names: ['golden-eu', 'golden-us'],
    image_share_account: ['1234567890123456'],
    resource_group_id: 'rg-bp67acfmxazb4p',
    ecs_ram_role_name: 'image-builder',
    security_enhancement_strategy: 'Deactive',
    extra: { kms_key_copy_ids: ['key-eu0123456789abcdef', 'key-us0123456789abcdef'], boot_mode: 'UEFI' },
  },
}

/** By what is special in each. Those with a `family`, a role, a group or a key of their own need a Packer newer than 1.6.6. */
export const matrix: Readonly<Record<string, Packer>> = {
  'everything at once, with a family': rich,
  'the defaults, a family': { alibaba: {} },
  'Arm, a family': { build: { arch: 'arm64' }, alibaba: { instance_type: 'ecs.g8y.large' } },
  'a family by its own name': { build: { base: 'acs:debian_12_11_x64' }, alibaba: {} },
  'an image': { build: image, alibaba: {} },
  'an image of the account': { build: { base: 'm-bp1abc123' }, alibaba: { region: 'us-west-1' } },
  'no public address': { build: image, alibaba: { associate_public_ip_address: false } },
  'a network that exists': {
    build: image,
    alibaba: {
      vpc_id: 'vpc-bp1s5fnvk4gn2tws03',
      vswitch_id: 'vsw-bp1s5fnvk4gn2tws03',
      security_group_id: 'sg-bp1s5fnvk4gn2tws03',
      internet_max_bandwidth_out: 50,
    },
  },
  'encrypted copies in other regions': {
    build: image,
    alibaba: {
      image_encrypted: true,
      image_copy_regions: ['cn-beijing', 'ap-southeast-1'],
      image_share_account: ['1234567890123456'],
      system_disk_category: 'cloud_efficiency',
    },
  },
  'a user that is not root': { build: image, alibaba: { extra: { ssh_username: 'ecs-user' } } },
}
