import type { Store } from './store.ts'

/** Handles that open something to whoever has them, of the attempts that their tokens began. */
export interface KeptHandles {
  read(id: string, token: string): Promise<unknown>
  write(id: string, token: string, handle: unknown): Promise<void>
}

/** Keeps them in a store of this machine alone, however the records themselves are shared. */
export function keptHandles(own: Store): KeptHandles {
  const keyOf = (id: string): string => `handle/${id}`
  return {
    async read(id, token) {
      const row = await own.get(keyOf(id))
      if (row === undefined) return undefined
      // Written by `write` below and by nothing else.
      const kept = JSON.parse(row.value) as { readonly token: string; readonly handle: unknown }
      return kept.token === token ? kept.handle : undefined
    },
    async write(id, token, handle) {
      const row = await own.get(keyOf(id))
      const value = JSON.stringify({ token, handle })
      await own.put(keyOf(id), value, row === undefined ? { ifAbsent: true } : { ifMatch: row.version })
    },
  }
}
