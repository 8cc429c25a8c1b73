import { expect, test } from 'vitest'
import { type ExtensionIndex, planExtensions, refuseUnsupported } from './extensions.ts'

/** An index in which the profile `base` names `chosen`. */
function indexOf(needs: Readonly<Record<string, readonly string[]>>, chosen: readonly string[]): ExtensionIndex {
  const everywhere = { version: '1.2.3', distributions: ['debian-12'], architectures: ['x86_64', 'arm64'] }
  const extensions = Object.entries(needs).map(
    ([name, dependencies]) => [name, { ...everywhere, dependencies }] as const,
  )
  return { profiles: { base: chosen }, extensions: Object.fromEntries(extensions) }
}

test('an extension comes once, after everything it needs', () => {
  const index = indexOf({ app: ['web', 'db'], web: ['net'], db: ['net'], net: [], extra: ['db'] }, ['app'])
  const names = planExtensions('base', ['extra', 'net'], index).map(({ name }) => name)
  expect(names).toEqual(['net', 'web', 'db', 'app', 'extra'])
})

test('extensions that depend on each other are refused with the whole circle', () => {
  const index = indexOf({ start: ['a'], a: ['b'], b: ['c'], c: ['a'] }, ['start'])
  expect(() => planExtensions('base', [], index)).toThrow('extensions depend on each other: a → b → c → a')
})

test.each([
  ['profile', 'fullstak', [], 'there is no profile fullstak', 'did you mean fullstack?'],
  ['extension', 'base', ['dokcer'], 'there is no extension dokcer', 'did you mean docker?'],
])('an unknown %s is refused with the nearest one', (_kind, profile, extra, message, hint) => {
  expect(() => planExtensions(profile, extra)).toThrow(expect.objectContaining({ code: 'config', message, hint }))
})

test('a name unlike all others is refused with all there are', () => {
  expect(() => planExtensions('workstation', [])).toThrow(
    expect.objectContaining({ hint: 'there are: minimal, base, fullstack, enterprise, devops' }),
  )
})

test('a name of JavaScript’s own is no profile', () => {
  expect(() => planExtensions('constructor', [])).toThrow(expect.objectContaining({ code: 'config' }))
})

test('an unknown need names who needs it', () => {
  const index = indexOf({ app: ['absent'] }, ['app'])
  expect(() => planExtensions('base', [], index)).toThrow('there is no extension absent (needed by app)')
})

test('an extension that cannot be on a machine is refused by name, with where it can be', () => {
  const index = indexOf({ app: ['db'], db: [] }, ['app'])
  const plan = planExtensions('base', [], index)
  const refused = (distribution: string | undefined, architecture: string) => () =>
    refuseUnsupported(plan, { distribution, architecture }, index)
  expect(refused('debian-12', 'arm64')).not.toThrow()
  expect(refused(undefined, 'x86_64')).not.toThrow()
  expect(refused('fedora-43', 'x86_64')).toThrow(
    expect.objectContaining({
      code: 'unsupported',
      complaints: [
        { message: 'db cannot be installed on fedora-43', hint: 'it can be on debian-12' },
        { message: 'app cannot be installed on fedora-43', hint: 'it can be on debian-12' },
      ],
    }),
  )
  expect(refused('debian-12', 'riscv64')).toThrow(expect.objectContaining({ code: 'unsupported' }))
})

test('a build refuses what the image could not have before anything is made', () => {
  const plan = planExtensions('minimal', ['mise'])
  expect(() => refuseUnsupported(plan, { distribution: 'debian-12', architecture: 'arm64' })).toThrow(
    'mise cannot be installed on arm64',
  )
})
