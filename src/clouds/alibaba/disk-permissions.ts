import type { AlibabaReleaseSettings } from '../../config/targets/alibaba.ts'
import type { Permission, ReleaseNeeds } from '../cloud.ts'
import { neededActions } from '../needed-actions.ts'

/** Actions of publishing a disk, by what they are for. A test compares them with the calls the code makes. */
export const diskActions: Readonly<Record<string, readonly string[]>> = {
  'find out which regions are open': ['ecs:DescribeRegions'],
  'look for the role by which ECS reads the disk': ['ram:GetRole', 'ram:ListPoliciesForRole'],
  'make that role': ['ram:CreateRole', 'ram:AttachPolicyToRole'],
  'send the disk through a bucket': [
    'oss:GetBucketInfo',
    'oss:PutBucket',
    'oss:GetObject',
    'oss:PutObject',
    'oss:DeleteObject',
    'oss:ListMultipartUploads',
    'oss:ListParts',
    'oss:AbortMultipartUpload',
  ],
  'make an image of it': [
    'ecs:ImportImage',
    'ecs:DescribeImages',
    'ecs:DescribeTasks',
    'ecs:DescribeTaskAttribute',
    'ecs:TagResources',
  ],
  'say how the image starts, and put it into its family': ['ecs:ModifyImageAttribute'],
  'copy the image to other regions': ['ecs:CopyImage'],
  'open the images to their readers': ['ecs:DescribeImageSharePermission', 'ecs:ModifyImageSharePermission'],
  'remove images with their snapshots, and end what is under way': [
    'ecs:DeleteImage',
    'ecs:DescribeSnapshots',
    'ecs:DeleteSnapshot',
    'ecs:CancelTask',
    'ecs:CancelCopyImage',
  ],
}

/** The actions this release needs, each once, with its first reason. */
export function diskPermissionsOf(
  settings: AlibabaReleaseSettings,
  { disk }: Pick<ReleaseNeeds, 'disk'>,
): readonly Permission[] {
  // Where no disk is named, what was built is copied, also within a region.
  const copies = settings.regions.length > 1 || disk === undefined
  const needed = (action: string): boolean => {
    if (action === 'ecs:CopyImage' || action === 'ecs:CancelCopyImage') return copies
    if (action === 'ram:CreateRole' || action === 'ram:AttachPolicyToRole') return settings.createImportRole
    return true
  }
  return neededActions(Object.entries(diskActions), needed)
}
