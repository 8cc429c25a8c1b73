import { expect, test } from 'vitest'
import { checkConditions } from './check-conditions.ts'
import { memoryStore } from './fake-cloud.fixture.ts'
import type { Condition, Store } from './store.ts'

/** A store that leaves one kind of condition out. */
function careless(forgets: (condition: Condition) => boolean): Store {
  const store = memoryStore()
  return {
    ...store,
    async put(key, value, condition) {
      const there = await store.get(key)
      const any = there === undefined ? ({ ifAbsent: true } as const) : { ifMatch: there.version }
      return store.put(key, value, forgets(condition) ? any : condition)
    },
  }
}

test('a store that keeps conditions passes, as often as it is asked and by several at once', async () => {
  const store = memoryStore()
  await checkConditions(store, 's3://b')
  await Promise.all([checkConditions(store, 's3://b'), checkConditions(store, 's3://b')])
})

test.each<[string, Store, string]>([
  ['if-absent', careless((condition) => 'ifAbsent' in condition), 'a second write that was to be the first'],
  ['if-match', careless((condition) => 'ifMatch' in condition), 'a version that is past'],
  [
    'the right version',
    { ...memoryStore(), put: async () => undefined, get: async () => ({ value: '', version: '1' }) },
    'refused a write over the version that is there',
  ],
])('a store that does not heed %s is named, and with what it did', async (_, store, what) => {
  await expect(checkConditions(store, 's3://b')).rejects.toMatchObject({
    code: 'prerequisite',
    message: expect.stringMatching(new RegExp(`^s3://b does not keep conditions: .*${what}`)),
  })
})
