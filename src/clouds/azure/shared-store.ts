import type { StorePlace } from '../../config/store-place.ts'
import type { Permission } from '../cloud.ts'
import type { SharedStore } from '../shared-store.ts'

/** A container of Blob Storage: `azblob://account/container/prefix`. */
export type AzblobPlace = Extract<StorePlace, { readonly scheme: 'azblob' }>

/** What the records take; a role can be granted on the container alone. */
export const storeActions = [
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read',
  'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
] as const

/** Records in Blob Storage. */
export function azureSharedStore(place: AzblobPlace): SharedStore {
  const purpose = 'share the records of releases'
  return {
    name: nameOf(place),
    cloud: 'azure',
    permissions: storeActions.map((action): Permission => ({ action, by: 'sindri', purpose, late: false })),
    async open(release, environment, rehearsed) {
      const { openBlobStore } = await import('./store.ts')
      return openBlobStore(place, release, environment, rehearsed)
    },
  }
}

/** As it is written in the config. */
export function nameOf({ account, container, prefix }: AzblobPlace): string {
  return `azblob://${account}/${container}${prefix === '' ? '' : `/${prefix}`}`
}
