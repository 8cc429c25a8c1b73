import type * as z from 'zod/mini'
import {
  addressRange,
  type Extra,
  extraField,
  type Fields,
  flag,
  lazySection,
  listOf,
  mapOf,
  oneOf,
  section,
  type TextRule,
  text,
  whole,
} from '../fields.ts'
import type { Written } from '../written.ts'

/** How an image is built and published in AWS. Sizes in GiB. */
export interface AwsSettings {
  readonly region: string
  readonly instanceType: string
  readonly volumeSize: number
  readonly volumeType: 'gp2' | 'gp3' | 'io1' | 'io2' | 'standard'
  readonly volumeIops?: number
  /** MiB/s, gp3 only. */
  readonly volumeThroughput?: number
  readonly encryptBoot: boolean
  readonly kmsKeyId?: string
  readonly regionKmsKeyIds?: Readonly<Record<string, string>>
  readonly vpcId?: string
  readonly subnetId?: string
  readonly securityGroupIds: readonly string[]
  /** Empty: only the public address of the machine that builds. */
  readonly sshSourceRanges: readonly string[]
  readonly sshInterface?: 'public_ip' | 'private_ip' | 'public_dns' | 'private_dns' | 'session_manager'
  readonly associatePublicIpAddress?: boolean
  readonly iamInstanceProfile?: string
  readonly httpTokens: 'required' | 'optional'
  readonly httpPutResponseHopLimit: number
  readonly spotPrice?: string
  readonly spotInstanceTypes: readonly string[]
  readonly amiRegions: readonly string[]
  readonly amiUsers: readonly string[]
  readonly amiGroups: readonly 'all'[]
  readonly amiOrgArns: readonly string[]
  readonly amiOuArns: readonly string[]
  readonly allowPublic: boolean
  readonly deprecateAfterDays?: number
  readonly deploy: AwsDeploy
  readonly extra: Extra
}

/** What differs when an instance is launched from a finished image. */
export interface AwsDeploy {
  readonly instanceType?: string
  readonly subnetId?: string
  readonly securityGroupId?: string
  readonly sshSourceRanges?: readonly string[]
  readonly keyName?: string
}

/** A region's name, judged by its shape alone, so that a region opened tomorrow is accepted. */
export const awsRegion: TextRule = {
  pattern: /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/,
  kind: 'an AWS region',
  hint: 'a region looks like us-west-2',
}

/** `t3.large`, `m7i-flex.xlarge`, `u-6tb1.metal`. */
const awsInstanceType: TextRule = {
  pattern: /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/,
  kind: 'an EC2 instance type',
  hint: 'an instance type looks like t3.large',
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/concepts-intro.html#key-id (key id, alias or ARN of either). */
const kmsKey: TextRule = {
  pattern:
    /^(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/[\w/-]+|alias\/[\w/-]+|mrk-[0-9a-f]{32}|[0-9a-f-]{36})$/,
  kind: 'a KMS key',
  hint: 'write a key id, an alias/… or an ARN',
}

const subnet = resource('subnet')
const securityGroup = resource('sg')

const deployFields: Fields<Written<AwsDeploy>> = {
  instance_type: text('Instance type to launch; otherwise aws.instance_type.', awsInstanceType),
  subnet_id: text('Subnet to launch in; otherwise aws.subnet_id.', subnet),
  security_group_id: text('Security group of the instance; otherwise one is made for it.', securityGroup),
  ssh_source_ranges: listOf(
    'Address ranges that may reach port 22 of the instance; otherwise aws.ssh_source_ranges.',
    text('Address range.', addressRange),
  ),
  key_name: text('EC2 key pair to log in with; otherwise one is made.', {
    pattern: /^[\x20-\x7e]{1,255}$/,
    kind: 'a key pair name',
    hint: 'a name has at most 255 ASCII characters',
  }),
}

/** The fields of `providers.packer.aws`. */
/** `123456789012`. */
export const awsAccount: TextRule = {
  pattern: /^\d{12}$/,
  kind: 'an AWS account',
  hint: 'an account is 12 digits in quotes: "123456789012"',
}

/** The keys of `aws`. */
export const awsFields = (): Fields<Written<AwsSettings>> => ({
  region: text('Region to build in.', awsRegion),
  instance_type: text('Instance type to build on.', awsInstanceType),
  volume_size: whole('Size of the boot volume in GiB.', 1, 16384),
  volume_type: oneOf('Type of the boot volume.', ['gp2', 'gp3', 'io1', 'io2', 'standard']),
  volume_iops: whole('Provisioned IOPS (gp3, io1, io2).', 100, 256000),
  volume_throughput: whole('Throughput of a gp3 volume in MiB/s.', 125, 2000),
  encrypt_boot: flag('Encrypt the image and its snapshots.'),
  kms_key_id: text('Customer managed KMS key to encrypt with; otherwise the account’s default key.', kmsKey),
  region_kms_key_ids: mapOf('KMS key of each region in ami_regions.', text('KMS key.', kmsKey)),
  vpc_id: text('VPC to build in; otherwise the default VPC.', resource('vpc')),
  subnet_id: text('Subnet to build in.', subnet),
  security_group_ids: listOf(
    'Security groups of the build instance; otherwise a temporary one is made.',
    text('Security group.', securityGroup),
  ),
  ssh_source_ranges: listOf(
    'Address ranges that may reach port 22 of the build instance; otherwise only the public address of the machine that builds.',
    text('Address range.', addressRange),
  ),
  ssh_interface: oneOf('How the build instance is reached.', [
    'public_ip',
    'private_ip',
    'public_dns',
    'private_dns',
    'session_manager',
  ]),
  associate_public_ip_address: flag('Give the build instance a public address; otherwise the subnet decides.'),
  iam_instance_profile: text('Instance profile of the build instance.', {
    pattern: /^[\w+=,.@-]{1,128}$/,
    kind: 'an instance profile name',
    hint: 'write the name, not the ARN',
  }),
  http_tokens: oneOf('`required`: the build instance and the image take IMDSv2 only.', ['required', 'optional']),
  http_put_response_hop_limit: whole('How many hops away the build instance’s metadata can be read.', 1, 64),
  spot_price: text('Build on a spot instance: `auto`, or the highest price in dollars per hour.', {
    pattern: /^(auto|\d+(\.\d+)?)$/,
    kind: 'a spot price',
    hint: 'write auto, or a price such as "0.05"',
  }),
  spot_instance_types: listOf(
    'Instance types a spot build may take, in place of instance_type.',
    text('Instance type.', awsInstanceType),
  ),
  ami_regions: listOf('Regions the image is copied to.', text('Region.', awsRegion)),
  ami_users: listOf('Accounts that may launch the image.', text('Account.', awsAccount)),
  ami_groups: listOf('`all` makes the image public; needs allow_public.', oneOf('Group.', ['all'])),
  ami_org_arns: listOf('Organizations that may launch the image.', text('ARN.', organizationArn('organization', 'o'))),
  ami_ou_arns: listOf('Organizational units that may launch the image.', text('ARN.', organizationArn('ou', 'ou'))),
  allow_public: flag('Confirms that a public image is meant.'),
  deprecate_after_days: whole('Mark the image deprecated so many days after it was made.', 1, 3650),
  deploy: section('What `sindri vm deploy` launches.', deployFields),
  extra: extraField('amazon-ebs'),
})

/** `providers.packer.aws`. */
export const awsSection: z.ZodMiniType<Written<AwsSettings>> = lazySection('Building in AWS.', awsFields)

function resource(prefix: string): TextRule {
  return {
    pattern: new RegExp(`^${prefix}-[0-9a-f]{8,17}$`),
    kind: `an id of the form ${prefix}-…`,
    hint: `write it as in ${prefix}-0123456789abcdef0`,
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/share-amis-with-organizations-and-OUs.html */
/** The ARN of an organization or of a unit of one. */
export function organizationArn(kind: string, prefix: string): TextRule {
  return {
    pattern: new RegExp(
      `^arn:aws[a-z-]*:organizations::\\d{12}:${kind}/o-[a-z0-9]{10,32}${prefix === 'ou' ? '/ou-[a-z0-9-]+' : ''}$`,
    ),
    kind: `the ARN of an AWS ${kind}`,
    hint: `write it as in arn:aws:organizations::123456789012:${kind}/o-123example${prefix === 'ou' ? '/ou-1234-5example' : ''}`,
  }
}
