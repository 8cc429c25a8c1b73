import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteStore } from './sqlite-store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sindri-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a write succeeds only under its condition, also between two openers of one file', async () => {
  const a = openSqliteStore(join(folder, 'r.db'))
  const b = openSqliteStore(join(folder, 'r.db'))
  expect(await a.put('k', 'one', { ifAbsent: true })).toBe('1')
  expect(await b.put('k', 'two', { ifAbsent: true })).toBeUndefined()
  expect(await b.put('k', 'two', { ifMatch: '1' })).toBe('2')
  expect(await a.put('k', 'three', { ifMatch: '1' })).toBeUndefined()
  expect(await a.get('k')).toEqual({ value: 'two', version: '2' })
  a.close()
  b.close()
})

test('keys are listed by exact prefix', async () => {
  const store = openSqliteStore(join(folder, 'r.db'))
  for (const key of ['step/b', 'step/a', 'steps', 'step%']) await store.put(key, '', { ifAbsent: true })
  expect(await store.list('step/')).toEqual(['step/a', 'step/b'])
  store.close()
})

test('records that are damaged are told by their path, and what to do', () => {
  const file = join(folder, 'r.db')
  writeFileSync(file, Buffer.alloc(3000, 'no database'))
  const damaged = {
    code: 'prerequisite',
    message: expect.stringContaining(file),
    hint: expect.stringContaining('move it'),
  }
  expect(() => openSqliteStore(file)).toThrow(expect.objectContaining(damaged))
})
