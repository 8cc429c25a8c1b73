import { SindriError } from './error.ts'
import type { Store } from './store.ts'

const key = 'probe'

/**
 * Asks a store to refuse what it must refuse: a second write that is to be the first, and one over a version that is past.
 * Without that two runners would overwrite each other's records. Leaves one small value.
 * @param name what people call it
 * @throws SindriError `prerequisite` when it does not
 */
export async function checkConditions(store: Store, name: string): Promise<void> {
  const broken = (what: string): SindriError =>
    new SindriError('prerequisite', `${name} does not keep conditions: ${what}`, {
      hint: 'choose a store that honours If-None-Match and If-Match on writes, and no proxy before it that takes them away',
    })
  await store.put(key, 'asks whether conditions are kept', { ifAbsent: true })
  const past = await store.get(key)
  if (past === undefined) throw broken('what was written is not there')
  if ((await store.put(key, 'a second first write', { ifAbsent: true })) !== undefined)
    throw broken('it took a second write that was to be the first')
  if ((await store.put(key, 'a write over what is there', { ifMatch: past.version })) === undefined) {
    // Another runner that asks at the same moment was first: then it refused what it must.
    if ((await store.get(key))?.version !== past.version) return
    throw broken('it refused a write over the version that is there')
  }
  if ((await store.put(key, 'a write over what is past', { ifMatch: past.version })) !== undefined)
    throw broken('it took a write over a version that is past')
}
