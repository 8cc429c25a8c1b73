import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releaseOf } from '../../config/release.ts'
import { diskPermissions, diskPermissionsOf } from './disk-permissions.ts'
import { sindriPermissions } from './permissions.ts'

test('the listed permissions are those that the code names', () => {
  const source = ['disk-api.ts', 'api-uploads.ts'].map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  const named = [...source.join('').matchAll(/'((?:compute|storage|orgpolicy)\.\w+\.\w+)'/g)].map(
    ([, permission]) => permission,
  )
  expect(named.length).toBeGreaterThan(10)
  const listed = new Set<string>(Object.values(diskPermissions).flat())
  expect([...listed]).toEqual(expect.arrayContaining([...new Set(named)]))
  // The rest is what building calls as well.
  const shared = new Set<string>(Object.values(sindriPermissions).flat())
  expect([...listed].filter((permission) => !named.includes(permission) && !shared.has(permission))).toEqual([])
})

function permissionsOf(gcp: object, more: object = {}): readonly string[] {
  const targets = { gcp: { regions: ['eu'], bucket: 'golden-disks', ...gcp } }
  const release = releaseOf({ name: 'golden', release: { version: '1', targets, ...more } }, {})
  const { gcp: settings } = release.targets
  if (settings === undefined) throw new Error('no settings')
  return diskPermissionsOf(settings, release).map(({ action }) => action)
}

test('a permission is asked for only when the release uses it', () => {
  const few = permissionsOf({})
  const more = (gcp: object, release: object = {}): readonly string[] =>
    permissionsOf(gcp, release).filter((action) => !few.includes(action))
  expect(few).toEqual([...new Set(few)].sort())
  expect(more({ regions: ['eu', 'us'] })).toEqual(['compute.images.useReadOnly'])
  expect(more({ family: 'golden' })).toEqual(['compute.images.update'])
  expect(more({}, { audience: 'public', allow_public: true })).toEqual(['orgpolicy.policy.get'])
})
