import { expect, test } from 'vitest'
import { checkConditions } from '../core/check-conditions.ts'
import type { Store } from '../core/store.ts'

/** What every store of records does. `open` opens the same records of the same release again. */
export function storeContract(open: () => Promise<Store>): void {
  /** As another runner has them. */
  const both = async () => [await open(), await open()] as const

  test('a write succeeds only under its condition, also between two that have it open', async () => {
    const [a, b] = await both()
    const first = await a.put('step/x', 'one', { ifAbsent: true })
    expect(first).toEqual(expect.any(String))
    expect(await b.put('step/x', 'two', { ifAbsent: true })).toBeUndefined()
    const second = await b.put('step/x', 'two', { ifMatch: first ?? '' })
    expect(await a.put('step/x', 'three', { ifMatch: first ?? '' })).toBeUndefined()
    expect(await a.get('step/x')).toEqual({ value: 'two', version: second })
    expect(await a.put('step/none', 'new', { ifMatch: first ?? '' })).toBeUndefined()
    expect(await a.get('step/none')).toBeUndefined()
    a.close()
    b.close()
  })

  test('a value that comes back has another version', async () => {
    const store = await open()
    const first = (await store.put('k', 'same', { ifAbsent: true })) ?? ''
    const second = (await store.put('k', 'other', { ifMatch: first })) ?? ''
    const third = await store.put('k', 'same', { ifMatch: second })
    expect(third).not.toBe(first)
    expect(await store.put('k', 'late', { ifMatch: first })).toBeUndefined()
    store.close()
  })

  test('of several that write at once one succeeds', async () => {
    const store = await open()
    const all = async (write: (at: number) => Promise<string | undefined>) =>
      (await Promise.all([0, 1, 2, 3, 4].map(write))).filter((version) => version !== undefined)
    const [version = '', ...others] = await all((at) => store.put('k', `first of ${at}`, { ifAbsent: true }))
    expect(others).toEqual([])
    expect(await all((at) => store.put('k', `next of ${at}`, { ifMatch: version }))).toHaveLength(1)
    store.close()
  })

  test('values come back as they were written, whatever is in them', async () => {
    const store = await open()
    for (const [at, value] of ['', '{"a":"ä€😀"}', 'two\nlines\n', 'x'.repeat(300_000)].entries()) {
      await store.put(`k${at}`, value, { ifAbsent: true })
      expect((await store.get(`k${at}`))?.value).toBe(value)
    }
    store.close()
  })

  test('keys are listed by exact prefix', async () => {
    const store = await open()
    expect(await store.list('step/')).toEqual([])
    for (const key of ['step/b', 'step/a', 'step/a/deep', 'steps', 'step%'])
      await store.put(key, '', { ifAbsent: true })
    expect(await store.list('step/')).toEqual(['step/a', 'step/a/deep', 'step/b'])
    store.close()
  })

  test('it keeps conditions, and is asked so as often as one likes', async () => {
    const [a, b] = await both()
    await checkConditions(a, 'it')
    await Promise.all([checkConditions(a, 'it'), checkConditions(b, 'it')])
    a.close()
    b.close()
  })
}
