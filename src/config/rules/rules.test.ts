import { expect, test } from 'vitest'
import { SindriError } from '../../core/error.ts'
import { loadConfig } from '../load.ts'

function complaints(section: string): string[] {
  try {
    loadConfig(`providers: {packer: {${section}}}`, 'f')
  } catch (error) {
    if (error instanceof SindriError) return error.complaints.map(({ message, hint }) => `${message} | ${hint}`)
    throw error
  }
  return []
}

const key = 'kms_key_id: "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"'
const organization = '"arn:aws:organizations::123456789012:organization/o-123example0"'
const gallery = 'gallery: {gallery_name: g, image_name: i, image_version: "1.0.0"}'

test.each([
  [
    'aws: {ami_users: ["123456789012"]}',
    'aws.ami_users shares an image that is encrypted with the account’s default key',
  ],
  [`aws: {ami_org_arns: [${organization}]}`, 'aws.ami_org_arns shares an image that is encrypted'],
  ['aws: {ami_users: ["123456789012"], kms_key_id: alias/aws/ebs}', 'is a key managed by AWS'],
  [`aws: {ami_users: ["123456789012"], ${key}, ami_regions: [eu-west-1]}`, 'has no key for eu-west-1'],
  ['aws: {ami_groups: [all], encrypt_boot: false}', 'makes the image public: every AWS account'],
  ['aws: {ami_groups: [all], allow_public: true}', 'an encrypted image cannot be public'],
  ['aws: {ami_groups: [all], allow_public: true, encrypt_boot: false, deprecate_after_days: 731}', 'at most 730 days'],
  [`aws: {${key}, region_kms_key_ids: {eu-west-1: alias/a}}`, 'names a region the image is not copied to'],
  [`aws: {encrypt_boot: false, ${key}}`, 'is false, but a KMS key is given'],
  ['aws: {ssh_interface: session_manager}', 'needs an instance profile'],
  ['aws: {spot_instance_types: [t3.large]}', 'set aws.spot_price: auto'],
  ['aws: {vpc_id: vpc-12345678}', 'set aws.subnet_id'],
  ['aws: {volume_type: gp2, volume_throughput: 200}', 'cannot be set for gp2'],
  ['aws: {volume_type: io2}', 'io2 needs to know its IOPS'],
  ['aws: {volume_iops: 1000}', 'at least 3000'],
  ['cloud: aws, aws: {instance_type: t4g.large}', 'set providers.packer.build.arch: arm64'],
  ['cloud: aws, build: {arch: arm64}', 'such as t4g.large'],
  ['azure: {secure_boot_enabled: true}', 'set azure.gallery'],
  ['azure: {virtual_network_subnet_name: a}', 'set azure.virtual_network_name'],
  ['azure: {virtual_network_name: a, allowed_inbound_ip_addresses: [203.0.113.0/24]}', 'existing network'],
  ['azure: {gallery: {gallery_name: g, image_name: i, image_version: "1.0"}}', 'three numbers'],
  [`azure: {${gallery.replace('}', ', replication_regions: [eastus]}')}}`, 'add westus2'],
  ['cloud: azure, build: {arch: arm64}', 'such as Standard_D4ps_v5'],
  ['cloud: azure, azure: {vm_size: Standard_B2pts_v2}', 'set providers.packer.build.arch: arm64'],
  ['cloud: azure, build: {arch: arm64}, azure: {vm_size: Standard_D4ps_v5}', 'set azure.gallery'],
  ['gcp: {enable_vtpm: false}', 'also set gcp.enable_integrity_monitoring: false'],
  ['gcp: {omit_external_ip: true}', 'use_internal_ip: true'],
  ['oci: {shape: VM.Standard2.1, shape_config: {ocpus: 1, memory_in_gbs: 8}}', 'is for Flex shapes'],
  ['oci: {use_instance_principals: true, region: us-phoenix-1}', 'remove oci.region'],
  ['oci: {use_instance_principals: true, access_cfg_file_account: a}', 'remove oci.access_cfg_file_account'],
  ['alibaba: {image_copy_regions: [cn-beijing], image_copy_names: [aa, bb]}', '2 names for 1 regions'],
  ['alibaba: {vswitch_id: vsw-bp1s5fnvk4gn2tws03}', 'set alibaba.vpc_id'],
  ['alibaba: {security_group_id: sg-bp1s5fnvk4gn2tws03}', 'set alibaba.vpc_id'],
  ['alibaba: {kms_key_id: key-1}', 'image_encrypted: true'],
  [
    'cloud: gcp, image_name: web, build: {name_prefix: Team}',
    'gives the image name "Team-web", which gcp does not allow',
  ],
  ['cloud: alibaba, image_name: 1web', 'beginning with a letter'],
  [`cloud: azure, image_name: ${'a'.repeat(61)}`, 'at most 60 characters'],
  ['cloud: aws, tags: {"aws:x": y}', 'not beginning with aws:'],
  ['cloud: gcp, tags: {Team: a}', 'lower-case letters'],
  ['cloud: gcp, tags: {team: A}', 'has the value "A", which gcp refuses'],
  ['cloud: oci, tags: {a: ""}', 'use 1 to 100 characters'],
  ['cloud: oci, tags: {"cost.center": a}', 'without spaces and dots'],
  ['cloud: oci, tags: {größe: a}', 'of ASCII'],
  ['cloud: oci, tags: {a: x, b: x, c: x, d: x, e: x}', 'keep at most 4'],
  [`cloud: aws, tags: {${Array.from({ length: 41 }, (_, n) => `k${n}: v`).join(', ')}}`, 'keep at most 40'],
  [`cloud: aws, description: ${'a'.repeat(256)}`, 'at most 255 characters'],
  ['cloud: gcp, build: {base: ubuntu-99.04}', 'write one of ubuntu-22.04'],
  ['cloud: azure, build: {base: ami-12345678}', 'is "ami-12345678", which no image can start from in azure'],
])('%s is refused', (section, expected) => {
  expect(complaints(section)).toEqual([expect.stringContaining(expected)])
})

test.each([
  `aws: {ami_users: ["123456789012"], ${key}}`,
  `aws: {ami_users: ["123456789012"], ${key}, ami_regions: [us-west-2, eu-west-1], region_kms_key_ids: {eu-west-1: alias/a}}`,
  'aws: {ami_users: ["123456789012"], encrypt_boot: false}',
  'aws: {ami_groups: [all], allow_public: true, encrypt_boot: false, deprecate_after_days: 730}',
  'cloud: aws, aws: {instance_type: t4g.large}, build: {arch: arm64}',
  'cloud: aws, aws: {instance_type: g5.xlarge}',
  'aws: {region: us-gov-west-1}',
  'aws: {region: xx-moon-9}',
  `azure: {vtpm_enabled: true, ${gallery}}`,
  `cloud: azure, build: {arch: arm64}, azure: {vm_size: Standard_E4-2pds_v6, ${gallery}}`,
  'cloud: azure, azure: {vm_size: Standard_NP10s}',
  'gcp: {enable_vtpm: false, enable_integrity_monitoring: false}',
  'oci: {shape_config: {ocpus: 4, memory_in_gbs: 8}}',
  'oci: {use_instance_principals: true}',
  'cloud: aws, build: {base: ami-0123456789abcdef0}',
  'cloud: azure, build: {base: "Canonical:ubuntu-24_04-lts:server:latest"}',
  'cloud: aws, tags: {"cost:center": "a \\"b\\""}',
])('%s is accepted', (section) => {
  expect(complaints(section)).toEqual([])
})
