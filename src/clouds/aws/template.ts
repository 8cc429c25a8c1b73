import type { Resolved } from '../../config/resolved.ts'
import { extraParts } from '../../packer/extra.ts'
import { type Block, block, call, interpolate, type Raw, type Value, variable } from '../../packer/hcl.ts'
import { cloudValue } from '../../packer/template.ts'
import type { ReleaseMarks, SourceTemplate } from '../cloud.ts'
import { tag, temporaryName } from '../tags.ts'
import { accessOf, awsBases } from './bases.ts'
import { type AwsImageSettings, awsOf } from './settings.ts'

type Attributes = Readonly<Record<string, Value | undefined>>

/**
 * The amazon-ebs source. With the marks of a release it names and tags what this run makes, and leaves copies and
 * readers to Sindri; without, it does all of it itself, for plain Packer.
 * https://developer.hashicorp.com/packer/integrations/hashicorp/amazon/latest/components/builder/ebs
 */
export function awsSource(resolved: Resolved, marks: ReleaseMarks | undefined): SourceTemplate {
  const aws = awsOf(resolved)
  const { sshUser, rootDevice } = accessOf(resolved.build.base)
  const tags = imageTags(resolved, sshUser, marks)
  const extra = extraParts('amazon-ebs', aws.extra)
  return {
    cloud: 'aws',
    plugin: 'amazon',
    defaults: { region: aws.region, instance_type: aws.instanceType, volume_size: aws.volumeSize },
    source: {
      builder: 'amazon-ebs',
      label: 'sindri',
      attributes: {
        ami_name: marks?.name ?? timestamped,
        ami_description: resolved.description,
        region: cloudValue('aws', 'region'),
        instance_type: aws.spotInstanceTypes.length > 0 ? undefined : cloudValue('aws', 'instance_type'),
        ...baseAttribute(resolved),
        ...access(resolved, aws, sshUser, marks),
        encrypt_boot: aws.encryptBoot,
        kms_key_id: aws.kmsKeyId,
        imds_support: aws.httpTokens === 'required' ? 'v2.0' : undefined,
        tags,
        snapshot_tags: tags,
        run_tags: runTags(resolved, marks),
        run_volume_tags: runTags(resolved, marks),
        ...(marks === undefined ? spread(aws) : {}),
        ...extra.attributes,
      },
      blocks: [
        ...baseFilter(resolved),
        block('launch_block_device_mappings', [], {
          device_name: rootDevice,
          volume_size: cloudValue('aws', 'volume_size'),
          volume_type: aws.volumeType,
          ...performance(aws),
          delete_on_termination: true,
        }),
        block('metadata_options', [], {
          http_endpoint: 'enabled',
          http_tokens: aws.httpTokens,
          http_put_response_hop_limit: aws.httpPutResponseHopLimit,
        }),
        ...extra.blocks,
      ],
    },
  }
}

const timestamped: Raw = interpolate([
  variable('image_name'),
  '-',
  call('formatdate', 'YYYYMMDDhhmmss', call('timestamp')),
])

function imageTags(resolved: Resolved, sshUser: string, marks: ReleaseMarks | undefined): Record<string, Value> {
  return {
    ...resolved.tags,
    Name: marks?.name ?? variable('image_name'),
    [tag.managed]: 'true',
    [tag.version]: variable('sindri_version'),
    [tag.profile]: variable('profile'),
    [tag.base]: resolved.build.base,
    [tag.sshUser]: sshUser,
    ...(marks === undefined ? {} : { [tag.release]: marks.name, [tag.fingerprint]: marks.fingerprint }),
  }
}

function runTags(resolved: Resolved, marks: ReleaseMarks | undefined): Record<string, Value> {
  const run: Record<string, Value> = marks === undefined ? {} : { [tag.run]: marks.token, [tag.release]: marks.name }
  return { ...resolved.tags, Name: 'sindri image builder', [tag.managed]: 'true', ...run }
}

function baseAttribute({ build }: Resolved): Attributes {
  return awsBases[build.base] === undefined ? { source_ami: build.base } : {}
}

function baseFilter({ build }: Resolved): readonly Block[] {
  const base = awsBases[build.base]
  if (base === undefined) return []
  const filters = {
    name: base.name[build.arch],
    architecture: build.arch,
    'root-device-type': 'ebs',
    'virtualization-type': 'hvm',
  }
  return [block('source_ami_filter', [], { owners: [base.owner], most_recent: true, filters })]
}

function access(
  resolved: Resolved,
  aws: AwsImageSettings,
  sshUser: string,
  marks: ReleaseMarks | undefined,
): Attributes {
  const ownGroups = aws.securityGroupIds.length > 0
  const ranges =
    aws.sshSourceRanges.length === 0 && marks?.callerRange !== undefined ? [marks.callerRange] : aws.sshSourceRanges
  return {
    communicator: 'ssh',
    ssh_username: sshUser,
    ssh_timeout: resolved.build.sshTimeout,
    ssh_interface: aws.sshInterface,
    ssh_clear_authorized_keys: resolved.build.security.removeSshKeys,
    temporary_key_pair_type: 'ed25519',
    temporary_key_pair_name: marks === undefined ? undefined : temporaryName(marks.token),
    temporary_security_group_source_cidrs: ownGroups || ranges.length === 0 ? undefined : ranges,
    temporary_security_group_source_public_ip: ownGroups || ranges.length > 0 ? undefined : true,
    vpc_id: aws.vpcId,
    subnet_id: aws.subnetId,
    security_group_ids: ownGroups ? aws.securityGroupIds : undefined,
    associate_public_ip_address: aws.associatePublicIpAddress,
    iam_instance_profile: aws.iamInstanceProfile,
    spot_price: aws.spotPrice,
    spot_instance_types: aws.spotInstanceTypes.length > 0 ? aws.spotInstanceTypes : undefined,
  }
}

/** Packer 1.6.6 refuses gp3 without a throughput; these are EC2's own defaults for gp3. */
function performance(aws: AwsImageSettings): Attributes {
  const gp3 = aws.volumeType === 'gp3'
  return {
    iops: aws.volumeIops ?? (gp3 ? 3000 : undefined),
    throughput: aws.volumeThroughput ?? (gp3 ? 125 : undefined),
  }
}

/** What `sindri vm build` leaves to its own steps and settings. */
function spread(aws: AwsImageSettings): Attributes {
  const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined)
  const days = aws.deprecateAfterDays
  return {
    ami_regions: some(aws.amiRegions),
    region_kms_key_ids: aws.regionKmsKeyIds,
    ami_users: some(aws.amiUsers),
    ami_groups: some(aws.amiGroups),
    ami_org_arns: some(aws.amiOrgArns),
    ami_ou_arns: some(aws.amiOuArns),
    deprecate_at: days === undefined ? undefined : call('timeadd', call('timestamp'), `${days * 24}h`),
  }
}
