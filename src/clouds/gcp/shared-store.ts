import type { StorePlace } from '../../config/store-place.ts'
import type { Permission } from '../cloud.ts'
import type { SharedStore } from '../shared-store.ts'

/** A bucket of Cloud Storage: `gs://bucket/prefix`. */
export type GcsPlace = Extract<StorePlace, { readonly scheme: 'gs' }>

/**
 * What the records take. To write over an object takes the permission to delete it:
 * https://cloud.google.com/storage/docs/access-control/iam-json#object-methods (2026-11). A custom role cannot name a
 * bucket; where it is granted does.
 */
export const storePermissions = [
  'storage.objects.create',
  'storage.objects.delete',
  'storage.objects.get',
  'storage.objects.list',
] as const

/** Records in Cloud Storage. */
export function gcpSharedStore(place: GcsPlace): SharedStore {
  const purpose = 'share the records of releases'
  return {
    name: nameOf(place),
    cloud: 'gcp',
    permissions: storePermissions.map((action): Permission => ({ action, by: 'sindri', purpose, late: false })),
    async open(release, environment, rehearsed) {
      const { openGcsStore } = await import('./store.ts')
      return openGcsStore(place, release, environment, rehearsed)
    },
  }
}

/** As it is written in the config. */
export function nameOf({ bucket, prefix }: GcsPlace): string {
  return `gs://${bucket}${prefix === '' ? '' : `/${prefix}`}`
}
