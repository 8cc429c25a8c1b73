import { join } from 'node:path'
import type { StorePlace } from '../../config/store-place.ts'
import { type KeptHandles, keptHandles } from '../../core/kept-handle.ts'
import { openSqliteStore } from '../../core/sqlite-store.ts'
import type { Store } from '../../core/store.ts'
import type { Context } from '../context.ts'
import { recordsFolder } from '../places.ts'

/** The records of one release. */
export interface Records {
  readonly store: Store
  /** The name of the store when other machines have it too. */
  readonly shared: string | undefined
  /** Where handles that are secrets are kept then. */
  readonly secrets: KeptHandles | undefined
  close(): void
}

/** Opens them: in a shared store where the config names one, else in a file of this machine. */
export async function openRecords(place: StorePlace | undefined, key: string, context: Context): Promise<Records> {
  const own = openSqliteStore(join(recordsFolder(context), 'publications', `${key}.db`))
  if (place === undefined) return { store: own, shared: undefined, secrets: undefined, close: () => own.close() }
  try {
    const { sharedStoreAt } = await import('../../clouds/stores.ts')
    const { name, open } = sharedStoreAt(place)
    const store = await open(key, context.environment, context.rehearsal !== undefined)
    return {
      ...{ store, shared: name, secrets: keptHandles(own) },
      close() {
        store.close()
        own.close()
      },
    }
  } catch (error) {
    own.close()
    throw error
  }
}
