import type { Resolved } from '../../config/resolved.ts'
import type { Permission } from '../cloud.ts'
import { type AlibabaImageSettings, alibabaOf } from './settings.ts'

/** What the alicloud-ecs builder calls in every build: plugin 1.1.2, seen, and what comes after it, read (2026-11). */
const always = {
  'check regions and the name of the image': ['ecs:DescribeRegions', 'ecs:DescribeImages'],
  'give the build instance a temporary key': [
    'ecs:CreateKeyPair',
    'ecs:AttachKeyPair',
    'ecs:DetachKeyPair',
    'ecs:DeleteKeyPairs',
  ],
  'find the network of the build': ['vpc:DescribeVpcs', 'vpc:DescribeVSwitches'],
  'run the build instance': [
    // As 1.1.2 does it, and as versions after it do.
    'ecs:CreateInstance',
    'ecs:RunInstances',
    'ecs:DescribeInstances',
    'ecs:StartInstance',
    'ecs:StopInstance',
    'ecs:DeleteInstance',
  ],
  'create the image, and remove an unfinished one': ['ecs:CreateImage', 'ecs:DeleteImage', 'ecs:DeleteSnapshot'],
  'tag the build instance, the image and its snapshots': ['ecs:AddTags', 'ecs:TagResources'],
  'say who may use the image': ['ecs:ModifyImageSharePermission'],
} as const

/** What single settings of the config add. */
function optional(alibaba: AlibabaImageSettings, base: string): Readonly<Record<string, readonly string[]>> {
  const copied = alibaba.imageCopyRegions.length > 0 || alibaba.imageEncrypted !== undefined
  const oneImage = /^m-|\.vhd$/.test(base)
  return {
    'find the newest image of a family': oneImage ? [] : ['ecs:DescribeImageFromFamily'],
    'make a temporary VPC': alibaba.vpcId === undefined ? ['vpc:CreateVpc', 'vpc:DeleteVpc'] : [],
    'make a temporary VSwitch': alibaba.vswitchId === undefined ? ['vpc:CreateVSwitch', 'vpc:DeleteVSwitch'] : [],
    'choose a zone for it':
      alibaba.vswitchId === undefined && alibaba.zoneId === undefined ? ['ecs:DescribeZones'] : [],
    'make a temporary security group':
      alibaba.securityGroupId === undefined
        ? [
            'ecs:CreateSecurityGroup',
            'ecs:AuthorizeSecurityGroup',
            'ecs:AuthorizeSecurityGroupEgress',
            'ecs:DeleteSecurityGroup',
          ]
        : [],
    'find the security group of the build': alibaba.securityGroupId === undefined ? [] : ['ecs:DescribeSecurityGroups'],
    'give the build instance a public address': alibaba.associatePublicIpAddress
      ? [
          'vpc:AllocateEipAddress',
          'vpc:AssociateEipAddress',
          'vpc:DescribeEipAddresses',
          'vpc:UnassociateEipAddress',
          'vpc:ReleaseEipAddress',
        ]
      : [],
    'copy the image to other regions, or encrypted': copied ? ['ecs:CopyImage', 'ecs:CancelCopyImage'] : [],
    'give the build instance its role': alibaba.ecsRamRoleName === undefined ? [] : ['ram:PassRole'],
  }
}

/** The actions this config needs, each once, with its reason. */
export function permissionsOf(resolved: Resolved): readonly Permission[] {
  const alibaba = alibabaOf(resolved)
  return Object.entries({ ...always, ...optional(alibaba, resolved.build.base) })
    .flatMap(([purpose, actions]) => actions.map((action) => ({ action, by: 'packer' as const, purpose, late: false })))
    .sort((a, b) => (a.action < b.action ? -1 : 1))
}

/** A RAM policy document that allows exactly these actions. */
export function policyOf(permissions: readonly Permission[]): unknown {
  return {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: permissions.map(({ action }) => action), Resource: '*' }],
  }
}
