import type { Resolved } from '../../config/resolved.ts'
import type { Permission } from '../cloud.ts'
import { type AwsImageSettings, awsOf } from './settings.ts'
import { readersOf } from './share.ts'

/** Actions of `api.ts`, by what they are for. A test compares them with the calls the code makes. */
export const sindriActions = {
  'find out whose credentials these are': ['sts:GetCallerIdentity'],
  'find images, and remove them with their snapshots': [
    'ec2:DescribeImages',
    'ec2:DescribeRegions',
    'ec2:DeregisterImage',
    'ec2:DeleteSnapshot',
  ],
  'reconcile what an image allows': [
    'ec2:DescribeImageAttribute',
    'ec2:ModifyImageAttribute',
    'ec2:EnableImageDeprecation',
    'ec2:DisableImageDeprecation',
  ],
  'copy images to other regions': ['ec2:CopyImage', 'ec2:CreateTags'],
  'deploy instances': [
    'ec2:DescribeKeyPairs',
    'ec2:ImportKeyPair',
    'ec2:CreateSecurityGroup',
    'ec2:AuthorizeSecurityGroupIngress',
    'ec2:DescribeSubnets',
    'ec2:RunInstances',
    'ec2:DescribeInstances',
    'ec2:CreateTags',
  ],
  'remove instances and what a killed build left': [
    'ec2:DescribeInstances',
    'ec2:DescribeSecurityGroups',
    'ec2:TerminateInstances',
    'ec2:DeleteKeyPair',
    'ec2:DeleteSecurityGroup',
  ],
} as const

/** What the amazon-ebs builder calls for our templates, of Packer 1.6.6 and of plugin 1.8.1 alike. */
const packerActions = [
  'ec2:AuthorizeSecurityGroupIngress',
  'ec2:CopyImage',
  'ec2:CreateImage',
  'ec2:CreateKeyPair',
  'ec2:CreateSecurityGroup',
  'ec2:CreateTags',
  'ec2:DeleteKeyPair',
  'ec2:DeleteSecurityGroup',
  'ec2:DeleteSnapshot',
  'ec2:DeregisterImage',
  'ec2:DescribeImages',
  'ec2:DescribeInstances',
  'ec2:DescribeRegions',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'ec2:RunInstances',
  'ec2:StopInstances',
  'ec2:TerminateInstances',
] as const

/** What a build asks for only when its instance is provisioned. Packer asks for a key pair again and again for minutes. */
const late: ReadonlySet<string> = new Set([
  'ec2:CopyImage',
  'ec2:CreateImage',
  'ec2:CreateKeyPair',
  'ec2:DescribeImageAttribute',
  'ec2:DescribeVolumes',
  'ec2:EnableImageDeprecation',
  'ec2:ModifyImageAttribute',
  'ec2:StopInstances',
  'ec2:TerminateInstances',
])

/** The actions this config needs, each once, with its first reason. */
export function permissionsOf(resolved: Resolved): readonly Permission[] {
  const aws = awsOf(resolved)
  const subnet = aws.subnetId ?? resolved.deploy.subnetId
  const needed = (action: string): boolean => {
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: it needs no permission (2026-11).
    if (action === 'sts:GetCallerIdentity') return false
    // An encrypted image is a copy of the unencrypted one that the builder makes first.
    if (action === 'ec2:CopyImage') return aws.encryptBoot || aws.amiRegions.length > 0
    if (action === 'ec2:EnableImageDeprecation') return aws.deprecateAfterDays !== undefined
    if (action === 'ec2:DisableImageDeprecation') return false
    if (action === 'ec2:ModifyImageAttribute') return aws.httpTokens === 'required' || readersOf(aws).length > 0
    if (action === 'ec2:DescribeSubnets') return subnet !== undefined || aws.associatePublicIpAddress !== undefined
    return true
  }
  const found = new Map<string, Permission>()
  const add = (permission: Omit<Permission, 'late'>): void => {
    const { action } = permission
    if (needed(action) && !found.has(action)) found.set(action, { ...permission, late: late.has(action) })
  }
  for (const action of packerActions) add({ action, by: 'packer', purpose: 'build the image' })
  for (const [purpose, actions] of Object.entries(optionalActions(aws)))
    for (const action of actions) add({ action, by: 'packer', purpose })
  for (const [purpose, actions] of Object.entries(sindriActions))
    for (const action of actions) add({ action, by: 'sindri', purpose })
  return [...found.values()].sort((a, b) => (a.action < b.action ? -1 : 1))
}

/**
 * What single settings of the config add, read in the source of plugin 1.8.1; of KMS what EC2 asks of whoever encrypts:
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html#ebs-encryption-permissions (2026-11).
 */
function optionalActions(aws: AwsImageSettings): Readonly<Record<string, readonly string[]>> {
  const infersSubnet = aws.associatePublicIpAddress !== undefined && aws.subnetId === undefined
  const checksVpc = aws.vpcId !== undefined && aws.subnetId === undefined
  return {
    'choose the subnet of the build': infersSubnet ? ['ec2:DescribeVpcs', 'ec2:DescribeInstanceTypeOfferings'] : [],
    'check the VPC of the build': checksVpc ? ['ec2:DescribeVpcs'] : [],
    'build on a spot instance':
      aws.spotPrice === undefined ? [] : ['ec2:CreateFleet', 'ec2:CreateLaunchTemplate', 'ec2:DeleteLaunchTemplate'],
    'give the build instance its profile':
      aws.iamInstanceProfile === undefined ? [] : ['iam:GetInstanceProfile', 'iam:PassRole'],
    'reach the build instance through Session Manager':
      aws.sshInterface === 'session_manager'
        ? ['ec2:DescribeInstanceStatus', 'ssm:StartSession', 'ssm:TerminateSession']
        : [],
    'encrypt with keys of your own':
      aws.kmsKeyId === undefined && aws.regionKmsKeyIds === undefined
        ? []
        : [
            'kms:CreateGrant',
            'kms:Decrypt',
            'kms:DescribeKey',
            'kms:GenerateDataKeyWithoutPlaintext',
            'kms:ReEncryptFrom',
            'kms:ReEncryptTo',
          ],
  }
}

/** An IAM policy document that allows exactly these actions, each on what it is wanted on. */
export function policyOf(permissions: readonly Permission[]): unknown {
  const resources = [...new Set(['*', ...permissions.map(({ on = '*' }) => on)])]
  const statements = resources.map((Resource, at) => ({
    Sid: at === 0 ? 'Sindri' : `Sindri${at + 1}`,
    Effect: 'Allow',
    Action: permissions.filter(({ on = '*' }) => on === Resource).map(({ action }) => action),
    Resource,
  }))
  return { Version: '2012-10-17', Statement: statements.filter(({ Action }) => Action.length > 0) }
}
