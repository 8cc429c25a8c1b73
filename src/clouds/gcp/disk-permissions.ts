import type { ReleaseSettings } from '../../config/sections/release.ts'
import type { GcpReleaseSettings } from '../../config/targets/gcp.ts'
import type { Permission } from '../cloud.ts'
import { neededActions } from '../needed-actions.ts'

/** Permissions of publishing a disk, by what they are for. A test compares them with the calls the code makes. */
export const diskPermissions: Readonly<Record<string, readonly string[]>> = {
  'find the bucket, and make and remove it': [
    'storage.buckets.list',
    'storage.buckets.get',
    'storage.buckets.create',
    'storage.buckets.delete',
  ],
  'send the disk to the bucket': [
    'storage.objects.create',
    'storage.objects.list',
    'storage.objects.update',
    'storage.objects.delete',
  ],
  'make an image of it': ['compute.images.create', 'compute.images.get', 'compute.images.list'],
  'wait for what was begun': ['compute.globalOperations.get'],
  'see whether the project has room for the images': ['compute.projects.get', 'compute.regions.list'],
  'see whether a public image would be refused': ['orgpolicy.policy.get'],
  'open the images to their readers': ['compute.images.getIamPolicy', 'compute.images.setIamPolicy'],
  'say whether the images are deprecated': ['compute.images.deprecate'],
  'put the image into its family': ['compute.images.update'],
  'remove images': ['compute.images.delete'],
}

/**
 * What a call asks for besides the permission it is named after: the labels of an image, the object or the image it is
 * made from. https://cloud.google.com/compute/docs/images/create-custom#create_image (2026-11)
 */
const implied: Readonly<Record<string, readonly string[]>> = {
  'make an image of it': ['compute.images.setLabels', 'storage.objects.get'],
  'make further images of that': ['compute.images.useReadOnly'],
}

/** The permissions this release needs, each once, with its first reason. */
export function diskPermissionsOf(
  settings: GcpReleaseSettings,
  { audience }: Pick<ReleaseSettings, 'audience'>,
): readonly Permission[] {
  const needed = (action: string): boolean => {
    if (action === 'compute.images.useReadOnly') return settings.regions.length > 1
    if (action === 'compute.images.update') return settings.family !== undefined
    // Granted on the organisation or by a role of its own: without it the policy is not looked at.
    if (action === 'orgpolicy.policy.get') return audience !== 'private'
    return true
  }
  return neededActions([...Object.entries(diskPermissions), ...Object.entries(implied)], needed)
}
