import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

const lock: { readonly packages: Readonly<Record<string, Locked>> } = JSON.parse(
  readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'),
)

test('the lock file holds the optional packages of every platform, or `npm ci` refuses it', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !(`${path}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages))
      .map((name) => `${path} wants ${name}`),
  )
  expect(missing).toEqual([])
})

test('the published package brings no npm packages of its own', () => {
  expect(lock.packages['']?.dependencies).toBeUndefined()
})
