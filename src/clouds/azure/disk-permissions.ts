import type { ReleaseSettings } from '../../config/sections/release.ts'
import type { AzureReleaseSettings } from '../../config/targets/azure.ts'
import type { Permission } from '../cloud.ts'
import { neededActions } from '../needed-actions.ts'

const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
const version = 'Microsoft.Compute/galleries/images/versions'

/**
 * Actions of publishing a disk, by what they are for. A test compares them with the calls the code makes.
 * https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations (2026-11)
 */
export const diskActions: Readonly<Record<string, readonly string[]>> = {
  'tell whose credentials these are, and what they allow': [
    'Microsoft.Authorization/permissions/read',
    'Microsoft.Resources/subscriptions/read',
  ],
  'find out which locations and services are open': [
    'Microsoft.Resources/subscriptions/locations/read',
    'Microsoft.Resources/subscriptions/providers/read',
  ],
  'make the resource group, and find what is in it': [
    'Microsoft.Resources/subscriptions/resourceGroups/read',
    'Microsoft.Resources/subscriptions/resourceGroups/write',
    'Microsoft.Resources/subscriptions/resourceGroups/resources/read',
  ],
  'make a storage account, and remove it when it is empty': [
    'Microsoft.Storage/checknameavailability/read',
    'Microsoft.Storage/storageAccounts/read',
    'Microsoft.Storage/storageAccounts/write',
    'Microsoft.Storage/storageAccounts/delete',
    'Microsoft.Storage/storageAccounts/blobServices/containers/write',
  ],
  'let Azure read the disk that was sent': ['Microsoft.Storage/storageAccounts/listKeys/action'],
  'send the disk, and remove what was sent': [`${blobs}/read`, `${blobs}/write`, `${blobs}/delete`],
  'make gallery and image definition, and remove them when they are empty': [
    'Microsoft.Compute/galleries/read',
    'Microsoft.Compute/galleries/write',
    'Microsoft.Compute/galleries/delete',
    'Microsoft.Compute/galleries/images/read',
    'Microsoft.Compute/galleries/images/write',
    'Microsoft.Compute/galleries/images/delete',
  ],
  'make the version, replicate and remove it': [`${version}/read`, `${version}/write`, `${version}/delete`],
  'see who may read it': ['Microsoft.Authorization/roleAssignments/read'],
  'open it to its readers': [
    'Microsoft.Authorization/roleAssignments/write',
    'Microsoft.Authorization/roleAssignments/delete',
  ],
  'open the gallery to the community, and close it': ['Microsoft.Compute/galleries/share/action'],
}

/** The actions this release needs, each once. */
export function diskPermissionsOf(
  _: AzureReleaseSettings,
  { audience }: Pick<ReleaseSettings, 'audience'>,
): readonly Permission[] {
  const needed = (action: string): boolean =>
    audience !== 'private' || action !== 'Microsoft.Compute/galleries/share/action'
  return neededActions(Object.entries(diskActions), needed)
}
