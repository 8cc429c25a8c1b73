import { expect, test } from 'vitest'
import { memoryStore } from './fake-cloud.fixture.ts'
import { partRecord } from './part-record.ts'

test('parts that were written down are read again, by the attempt that wrote them alone', async () => {
  const store = memoryStore()
  expect(await partRecord(store, 'snapshot', 'first').read()).toEqual(new Set())
  await partRecord(store, 'snapshot', 'first').write(new Set([0, 7, 8, 1000]))
  await partRecord(store, 'snapshot', 'first').write(new Set([0, 7, 8, 1000, 16_383]))
  expect(await partRecord(store, 'snapshot', 'first').read()).toEqual(new Set([0, 7, 8, 1000, 16_383]))
  expect(await partRecord(store, 'snapshot', 'second').read()).toEqual(new Set())
  expect(await partRecord(store, 'other', 'first').read()).toEqual(new Set())
})
