import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { parseFault, takeFault } from './faults.ts'
import { type JournalEntry, lastEntries, record } from './journal.ts'
import { takeLock } from './lock.ts'
import { page } from './pages.ts'
import { openStore, readStore } from './store.ts'
import { wildcardMatch } from './wildcard.ts'

const folder = mkdtempSync(join(tmpdir(), 'sindri-kit-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('wildcards match as a regular expression would', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.') })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?') })
  fc.assert(
    fc.property(pattern, text, (words, candidate) => {
      const source = words.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
      expect(wildcardMatch(words, candidate)).toBe(new RegExp(`^${source}$`).test(candidate))
    }),
  )
  expect(wildcardMatch('a\\*', 'a*')).toBe(true)
  expect(wildcardMatch('a\\*', 'ab')).toBe(false)
})

test('pages together are the whole list', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 5 }), (items, size) => {
      const seen: number[] = []
      let token: string | undefined
      do {
        const cut = page(items, size, token)
        seen.push(...(cut?.items ?? []))
        token = cut?.next
      } while (token !== undefined)
      expect(seen).toEqual(items)
    }),
  )
  expect(page([1], 1, 'nonsense')).toBeUndefined()
})

test('a fault strikes its operation, in its region, as often as it says', () => {
  const faults = ['CopyImage:before:Throttling:2', 'CopyImage@eu-west-1:after:Disconnect'].map(parseFault)
  const take = (region: string) => takeFault(faults, 'before', 'CopyImage', region)
  expect([take('a'), take('b'), take('a')]).toEqual(['Throttling', 'Throttling', undefined])
  expect(takeFault(faults, 'after', 'CopyImage', 'us-west-2')).toBeUndefined()
  expect(takeFault(faults, 'after', 'CopyImage', 'eu-west-1')).toBe('Disconnect')
  expect(() => parseFault('CopyImage:sometimes')).toThrow("'CopyImage:sometimes' is not a fault")
})

test('the journal ends where a crash cut it', () => {
  const file = join(folder, 'journal')
  const entry = (operation: string): JournalEntry => ({ at: '', cloud: 'aws', region: 'r', operation, status: 200 })
  for (const operation of ['a', 'b', 'c']) record(file, entry(operation))
  appendFileSync(file, '{"at":"20')
  expect(lastEntries(file, 2).map((each) => each.operation)).toEqual(['b', 'c'])
})

test('a store is read again as it was saved', () => {
  const file = join(folder, 'store')
  const store = openStore<{ count: number }>(file, { count: 1 })
  store.value.count = 2
  expect(readStore(file)).toBeUndefined()
  store.save()
  expect(openStore(file, { count: 1 }).value).toEqual({ count: 2 })
})

test('a lock is held by one, and freed when its holder is killed', async () => {
  const file = join(folder, 'lock')
  const script = `
    const { takeLock } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'lock.ts')).href)})
    takeLock(${JSON.stringify(file)})
    process.stdout.write('held')
    setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(holder.stdout, 'data')
  expect(takeLock(file)).toBeUndefined()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const release = takeLock(file)
  expect(release).toBeDefined()
  release?.()
})
