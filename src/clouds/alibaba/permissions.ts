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
  return {
    'find the newest image of a family': isOneImage(base) ? [] : ['ecs:DescribeImageFromFamily'],
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

/** Actions that the calls of `api.ts` ask for, by what they are for. A test compares them with the code. */
export const sindriActions = {
  'find images, and remove them': [
    'ecs:DescribeImages',
    'ecs:DescribeRegions',
    'ecs:DeleteImage',
    'ecs:DescribeSnapshots',
    'ecs:DeleteSnapshot',
    'ecs:CancelCopyImage',
  ],
  'find the newest image of a family': ['ecs:DescribeImageFromFamily'],
  'copy the image to other regions': ['ecs:CopyImage'],
  'tag an encrypted image, and snapshots': ['ecs:TagResources'],
  'reconcile who may use the image': ['ecs:DescribeImageSharePermission', 'ecs:ModifyImageSharePermission'],
  'put the image into its family': ['ecs:ModifyImageAttribute'],
  'deploy instances': [
    'ecs:AuthorizeSecurityGroup',
    'ecs:CreateSecurityGroup',
    'ecs:DescribeDisks',
    'ecs:DescribeInstances',
    'ecs:DescribeKeyPairs',
    'ecs:DescribeSecurityGroups',
    'ecs:ImportKeyPair',
    'ecs:RunInstances',
    'vpc:DescribeVSwitches',
  ],
  'remove instances and what a killed build left': [
    'ecs:DeleteDisk',
    'ecs:DeleteInstance',
    'ecs:DeleteKeyPairs',
    'ecs:DeleteSecurityGroup',
    'vpc:DeleteVSwitch',
    'vpc:DeleteVpc',
    'vpc:DescribeEipAddresses',
    'vpc:DescribeVpcs',
    'vpc:ReleaseEipAddress',
  ],
} as const

/** The actions this config needs, each once, with its first reason. */
export function permissionsOf(resolved: Resolved): readonly Permission[] {
  const alibaba = alibabaOf(resolved)
  const needed = (action: string): boolean => {
    if (action === 'ecs:ModifyImageAttribute') return alibaba.targetImageFamily !== undefined
    if (action === 'ecs:CopyImage') return alibaba.imageCopyRegions.length > 0
    return action !== 'ecs:DescribeImageFromFamily' || !isOneImage(resolved.build.base)
  }
  const found = new Map<string, Permission>()
  const add = (by: Permission['by'], groups: Readonly<Record<string, readonly string[]>>): void => {
    for (const [purpose, actions] of Object.entries(groups))
      for (const action of actions) if (!found.has(action)) found.set(action, { action, by, purpose, late: false })
  }
  add('packer', { ...always, ...optional(alibaba, resolved.build.base) })
  const own = Object.entries(sindriActions).map(([purpose, actions]) => [purpose, actions.filter(needed)] as const)
  add('sindri', Object.fromEntries(own))
  return [...found.values()].sort((a, b) => (a.action < b.action ? -1 : 1))
}

/** A custom image by its id, or a public one by its name. */
function isOneImage(base: string): boolean {
  return /^m-|\.vhd$/.test(base)
}

/** A RAM policy document that allows exactly these actions. */
export function policyOf(permissions: readonly Permission[]): unknown {
  return {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: permissions.map(({ action }) => action), Resource: '*' }],
  }
}
