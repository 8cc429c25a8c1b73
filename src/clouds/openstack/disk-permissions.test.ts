import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releaseOf } from '../../config/release.ts'
import { diskPermissionsOf, diskRules, policyOf } from './disk-permissions.ts'

const listed = Object.values(diskRules).flat()

test('the listed rules are those that the code asks under', () => {
  const source = readFileSync(join(import.meta.dirname, 'glance.ts'), 'utf8')
  const called = [...source.matchAll(/'([a-z]+_(?:image|images|member|members))'/g)].map(([, rule]) => rule)
  expect(called.length).toBeGreaterThan(8)
  expect(listed).toEqual(expect.arrayContaining([...new Set(called)]))
  // A change of visibility to `community` is one of modify_image as well, and asked under that name.
  expect(listed.filter((rule) => !called.includes(rule))).toEqual(['communitize_image'])
})

function rulesOf(openstack: object, more: object = {}): readonly string[] {
  const release = releaseOf({ name: 'golden', release: { version: '1', targets: { openstack }, ...more } }, {})
  const { openstack: settings } = release.targets
  if (settings === undefined) throw new Error('no settings')
  return diskPermissionsOf(settings, release).map(({ action }) => action)
}

test('a rule is asked for only when the release uses it', () => {
  const few = rulesOf({})
  expect(few).toEqual([...new Set(few)].sort())
  const more = (openstack: object, release: object = {}): readonly string[] =>
    rulesOf(openstack, release).filter((rule) => !few.includes(rule))
  expect(more({ import: 'glance-direct' })).toEqual(['import_image'])
  expect(more({}, { audience: 'community', allow_public: true })).toEqual(['communitize_image'])
  expect(more({}, { audience: 'public', allow_public: true })).toEqual(['publicize_image'])
})

test('the role is member, and admin where an image becomes public', () => {
  const policy = (...actions: readonly string[]) =>
    policyOf(actions.map((action) => ({ action, by: 'sindri', purpose: '', late: false })))
  expect(policy('add_image')).toMatchObject({ openstack: { role: 'member' } })
  expect(policy('add_image', 'publicize_image')).toMatchObject({ openstack: { role: 'admin' } })
})
