import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import type { Permission, ReleaseNeeds } from '../cloud.ts'
import { isShared } from './disk-settings.ts'

/** Actions of publishing a disk, by what they are for. A test compares them with the calls the code makes. */
export const diskActions: Readonly<Record<string, readonly string[]>> = {
  'send the disk to a snapshot': [
    'ebs:StartSnapshot',
    'ebs:PutSnapshotBlock',
    'ebs:CompleteSnapshot',
    'ec2:DescribeSnapshots',
    'ec2:CreateTags',
  ],
  'send the disk through a bucket': [
    's3:ListBucket',
    's3:PutObject',
    's3:GetObject',
    's3:DeleteObject',
    's3:ListBucketMultipartUploads',
    's3:ListMultipartUploadParts',
    's3:AbortMultipartUpload',
    'iam:GetRole',
    'ec2:ImportSnapshot',
    'ec2:DescribeImportSnapshotTasks',
    'ec2:CancelImportTask',
  ],
  'make an image of it': ['ec2:RegisterImage', 'ec2:DescribeImages'],
  'copy the image to other regions': ['ec2:CopyImage'],
  'see whether a public image would be refused': [
    'ec2:GetEbsEncryptionByDefault',
    'ec2:GetImageBlockPublicAccessState',
  ],
  'turn encryption by default off while an import begins, and on again': [
    'ec2:GetEbsEncryptionByDefault',
    'ec2:DisableEbsEncryptionByDefault',
    'ec2:EnableEbsEncryptionByDefault',
    'ssm:GetParameter',
    'ssm:PutParameter',
    'ssm:DeleteParameter',
  ],
  'find out which regions are open': ['ec2:DescribeRegions'],
  'open the images to their readers': [
    'ec2:DescribeImageAttribute',
    'ec2:ModifyImageAttribute',
    'ec2:DescribeSnapshotAttribute',
    'ec2:ModifySnapshotAttribute',
  ],
  'deprecate the images': ['ec2:EnableImageDeprecation'],
  'point to the newest image': ['ssm:GetParameter', 'ssm:PutParameter'],
  'remove images with their snapshots': ['ec2:DeregisterImage', 'ec2:DeleteSnapshot'],
}

const throughBucket = diskActions['send the disk through a bucket'] ?? []

/** The actions this release needs, each once, with its first reason. */
export function diskPermissionsOf(
  settings: AwsReleaseSettings,
  { audience, disk }: Pick<ReleaseNeeds, 'audience' | 'disk'>,
): readonly Permission[] {
  const needed = (action: string): boolean => {
    if (action.startsWith('ebs:')) return settings.import === 'ebs'
    if (throughBucket.includes(action)) return settings.import === 's3'
    if (action === 'ec2:EnableImageDeprecation') return settings.deprecationDate !== undefined
    // Where no disk is named, what was built is copied, also within a region.
    if (action === 'ec2:CopyImage') return settings.regions.length > 1 || disk === undefined
    const turnsOff = settings.disableEncryptionByDefault
    if (/:(Disable|Enable)Ebs/.test(action) || action === 'ssm:DeleteParameter') return turnsOff
    if (action.startsWith('ssm:')) return settings.ssmParameter !== undefined || turnsOff
    if (action.startsWith('ec2:GetEbs')) return isShared(settings, { audience }) || turnsOff
    if (action.startsWith('ec2:GetImageBlock')) return audience !== 'private'
    return true
  }
  const found = new Map<string, Permission>()
  for (const [purpose, actions] of Object.entries(diskActions))
    for (const action of actions)
      if (needed(action) && !found.has(action)) found.set(action, { action, by: 'sindri', purpose, late: false })
  return [...found.values()].sort((a, b) => (a.action < b.action ? -1 : 1))
}
