import { expect, test } from 'vitest'
import { type ExtensionIndex, planExtensions } from './extensions.ts'

/** An index in which the profile `base` names `chosen`. */
function indexOf(needs: Readonly<Record<string, readonly string[]>>, chosen: readonly string[]): ExtensionIndex {
  const extensions = Object.entries(needs).map(([name, list]) => [name, { version: '1.2.3', needs: list }] as const)
  return { profiles: { base: chosen }, extensions: Object.fromEntries(extensions) }
}

test('an extension comes once, after everything it needs', () => {
  const index = indexOf({ app: ['web', 'db'], web: ['net'], db: ['net'], net: [], extra: ['db'] }, ['app'])
  const names = planExtensions('base', ['extra', 'net'], index).map(({ name }) => name)
  expect(names).toEqual(['net', 'web', 'db', 'app', 'extra'])
})

test('extensions that need each other are refused with the whole circle', () => {
  const index = indexOf({ start: ['a'], a: ['b'], b: ['c'], c: ['a'] }, ['start'])
  expect(() => planExtensions('base', [], index)).toThrow('extensions need each other: a → b → c → a')
})

test.each([
  ['profile', 'fullstak', [], 'there is no profile fullstak', 'did you mean fullstack?'],
  ['extension', 'base', ['dokcer'], 'there is no extension dokcer', 'did you mean docker?'],
])('an unknown %s is refused with the nearest one', (_kind, profile, extra, message, hint) => {
  expect(() => planExtensions(profile, extra)).toThrow(expect.objectContaining({ code: 'config', message, hint }))
})

test('a name unlike all others is refused with all there are', () => {
  expect(() => planExtensions('workstation', [])).toThrow(
    expect.objectContaining({ hint: 'there are: minimal, base, fullstack, enterprise' }),
  )
})

test('a name of JavaScript’s own is no profile', () => {
  expect(() => planExtensions('constructor', [])).toThrow(expect.objectContaining({ code: 'config' }))
})

test('an unknown need names who needs it', () => {
  const index = indexOf({ app: ['absent'] }, ['app'])
  expect(() => planExtensions('base', [], index)).toThrow('there is no extension absent (needed by app)')
})
