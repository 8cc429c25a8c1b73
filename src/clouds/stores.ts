import type { StorePlace } from '../config/store-place.ts'
import { awsSharedStore } from './aws/shared-store.ts'
import { azureSharedStore } from './azure/shared-store.ts'
import { gcpSharedStore } from './gcp/shared-store.ts'
import type { SharedStore } from './shared-store.ts'

/** The only list of stores, by the scheme of their addresses. Nothing of a vendor is loaded before one is opened. */
export function sharedStoreAt(place: StorePlace): SharedStore {
  switch (place.scheme) {
    case 's3':
      return awsSharedStore(place)
    case 'gs':
      return gcpSharedStore(place)
    case 'azblob':
      return azureSharedStore(place)
  }
}
