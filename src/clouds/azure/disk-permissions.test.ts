import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releaseOf } from '../../config/release.ts'
import { diskActions, diskPermissionsOf } from './disk-permissions.ts'
import { roleOf, sindriActions } from './permissions.ts'

test('the listed actions are those that the code calls', () => {
  const source = ['disk-api.ts', 'api-blobs.ts'].map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  const called = [...source.join('').matchAll(/'(Microsoft\.[A-Za-z]+(?:\/[A-Za-z]+)+)'/g)]
    .map(([, action = '']) => action)
    .filter((action) => /\/(read|write|delete|action)$/.test(action))
  expect(called.length).toBeGreaterThan(15)
  const listed = new Set<string>(Object.values(diskActions).flat())
  expect([...listed]).toEqual(expect.arrayContaining([...new Set(called)]))
  // The rest is what building calls as well, what is removed by its id, and what Azure itself asks for.
  const shared = new Set<string>(Object.values(sindriActions).flat())
  const others = [...listed].filter((action) => !called.includes(action) && !shared.has(action))
  expect(others.sort()).toEqual([
    'Microsoft.Compute/galleries/delete',
    'Microsoft.Compute/galleries/images/delete',
    'Microsoft.Compute/galleries/images/versions/delete',
    'Microsoft.Storage/storageAccounts/delete',
    'Microsoft.Storage/storageAccounts/listKeys/action',
  ])
})

function permissionsOf(azure: object, more: object = {}) {
  const config = {
    name: 'golden',
    release: { version: '1', targets: { azure: { regions: ['westeurope'], ...azure } }, ...more },
  }
  const release = releaseOf(config, {})
  const { azure: settings } = release.targets
  if (settings === undefined) throw new Error('no settings')
  return diskPermissionsOf(settings, release)
}

test('an action is asked for only when the release uses it', () => {
  const few = permissionsOf({}).map(({ action }) => action)
  expect(few).toEqual([...new Set(few)].sort())
  const more = permissionsOf({}, { audience: 'community', allow_public: true }).map(({ action }) => action)
  expect(more.filter((action) => !few.includes(action))).toEqual(['Microsoft.Compute/galleries/share/action'])
})

test('the role lists what is done to blobs apart, as Azure wants it', () => {
  const role = roleOf(permissionsOf({}), undefined)
  const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
  expect(role).toMatchObject({
    DataActions: [`${blobs}/delete`, `${blobs}/read`, `${blobs}/write`],
    AssignableScopes: ['/subscriptions/${AZURE_SUBSCRIPTION_ID}'],
  })
  expect(role).toMatchObject({ Actions: expect.not.arrayContaining([`${blobs}/write`]) })
})
