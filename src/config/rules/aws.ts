import type { AwsSettings } from '../sections/aws.ts'
import type { Written } from '../written.ts'
import type { Complain } from './rule.ts'

/** What EC2 or Packer's amazon-ebs builder would refuse, often only at the end of a build. */
export function awsRules(aws: Written<AwsSettings>, complain: Complain): void {
  sharing(aws, complain)
  volume(aws, complain)
  for (const region of Object.keys(aws.region_kms_key_ids ?? {})) {
    if (!(aws.ami_regions ?? []).includes(region)) {
      complain(
        ['region_kms_key_ids', region],
        'names a region the image is not copied to',
        `add ${region} to aws.ami_regions, or remove it here`,
      )
    }
  }
  if (aws.encrypt_boot === false && (aws.kms_key_id !== undefined || aws.region_kms_key_ids !== undefined)) {
    complain(['encrypt_boot'], 'is false, but a KMS key is given', 'set aws.encrypt_boot: true, or remove the keys')
  }
  if (aws.ssh_interface === 'session_manager' && aws.iam_instance_profile === undefined) {
    complain(
      ['ssh_interface'],
      'session_manager needs an instance profile',
      'set aws.iam_instance_profile to one that has the AmazonSSMManagedInstanceCore policy',
    )
  }
  if ((aws.spot_instance_types ?? []).length > 0 && aws.spot_price === undefined) {
    complain(['spot_instance_types'], 'only matters to a spot build', 'set aws.spot_price: auto')
  }
  if (aws.subnet_id === undefined && aws.vpc_id !== undefined) {
    complain(['vpc_id'], 'needs a subnet of that VPC', 'set aws.subnet_id')
  }
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ami-encryption-works.html and
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html: an image encrypted with the default
 * key cannot be shared, and an encrypted image cannot be public.
 */
function sharing(aws: Written<AwsSettings>, complain: Complain): void {
  const isPublic = (aws.ami_groups ?? []).length > 0
  if (isPublic && aws.allow_public !== true) {
    complain(
      ['ami_groups'],
      'makes the image public: every AWS account could launch and copy it',
      'if that is meant, also set aws.allow_public: true',
    )
  }
  if (isPublic && (aws.deprecate_after_days ?? 0) > 730) {
    complain(['deprecate_after_days'], 'is more than AWS allows for a public image', 'set at most 730 days (two years)')
  }
  if (aws.encrypt_boot === false) return
  if (isPublic) {
    complain(
      ['ami_groups'],
      'makes the image public, but an encrypted image cannot be public',
      'set aws.encrypt_boot: false, or share with accounts in aws.ami_users',
    )
    return
  }
  const shared = (['ami_users', 'ami_org_arns', 'ami_ou_arns'] as const).find((key) => (aws[key] ?? []).length > 0)
  if (shared === undefined) return
  if (aws.kms_key_id === undefined) {
    complain(
      [shared],
      'shares an image that is encrypted with the account’s default key, which no other account can use',
      'set aws.kms_key_id to a customer managed key whose policy lets these accounts use it, or aws.encrypt_boot: false',
    )
  } else if (/(^|\/)alias\/aws\//.test(aws.kms_key_id)) {
    complain(['kms_key_id'], 'is a key managed by AWS, which no other account can use', 'set a customer managed key')
  }
  const keyless = (aws.ami_regions ?? []).filter(
    (region) => region !== aws.region && aws.region_kms_key_ids?.[region] === undefined,
  )
  if (keyless.length > 0) {
    complain(
      ['ami_regions'],
      `copies an encrypted image that is shared, but has no key for ${keyless.join(', ')}`,
      `set aws.region_kms_key_ids with a key for each of ${keyless.join(', ')}`,
    )
  }
}

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
function volume(aws: Written<AwsSettings>, complain: Complain): void {
  const type = aws.volume_type ?? 'gp3'
  const iops = aws.volume_iops
  if (aws.volume_throughput !== undefined && type !== 'gp3') {
    complain(['volume_throughput'], `cannot be set for ${type}`, 'remove it, or set aws.volume_type: gp3')
  }
  if (iops !== undefined && (type === 'gp2' || type === 'standard')) {
    complain(['volume_iops'], `cannot be set for ${type}`, 'remove it, or set aws.volume_type: gp3')
  }
  if (iops !== undefined && type === 'gp3' && iops < 3000) {
    complain(['volume_iops'], 'is less than every gp3 volume has', 'set at least 3000, or remove it')
  }
  if (iops === undefined && (type === 'io1' || type === 'io2')) {
    complain(['volume_type'], `${type} needs to know its IOPS`, 'set aws.volume_iops')
  }
  if (type === 'standard' && (aws.volume_size ?? 0) > 1024) {
    complain(['volume_size'], 'is more than a standard volume can hold', 'set at most 1024, or aws.volume_type: gp3')
  }
}

/** True for an instance type with an Arm processor: a1, and the types with a g behind the generation (t4g, c7gn). */
export function isArmInstanceType(instanceType: string): boolean {
  return /^(a1|[a-z]+\d+[a-z]*g[a-z]*)\./.test(instanceType)
}
