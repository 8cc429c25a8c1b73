import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releaseOf } from '../../config/release.ts'
import { diskActions, diskPermissionsOf } from './disk-permissions.ts'
import { sindriActions } from './permissions.ts'

test('the listed actions are those that the code calls', () => {
  const source = readFileSync(join(import.meta.dirname, 'disk-api.ts'), 'utf8')
  const called = [...source.matchAll(/'((?:ecs|oss|ram):[A-Za-z]+)'/g)].map(([, action]) => action)
  expect(called.length).toBeGreaterThan(10)
  const listed = new Set<string>(Object.values(diskActions).flat())
  expect([...listed]).toEqual(expect.arrayContaining([...new Set(called)]))
  // The rest is what building calls as well.
  const shared = new Set<string>(Object.values(sindriActions).flat())
  expect([...listed].filter((action) => !called.includes(action) && !shared.has(action))).toEqual([])
})

function actionsOf(alibaba: object, more: object = {}): readonly string[] {
  const targets = { alibaba: { regions: ['eu-central-1'], bucket: 'disks', ...alibaba } }
  const release = releaseOf({ name: 'golden', release: { version: '1', disk: 'disk.raw', targets, ...more } }, {})
  const { alibaba: settings } = release.targets
  if (settings === undefined) throw new Error('no settings')
  return diskPermissionsOf(settings, release).map(({ action }) => action)
}

test('an action is asked for only when the release uses it', () => {
  const few = actionsOf({ create_import_role: false })
  const more = (alibaba: object): readonly string[] =>
    actionsOf({ create_import_role: false, ...alibaba }).filter((action) => !few.includes(action))
  expect(few).toEqual([...new Set(few)].sort())
  expect(more({ regions: ['eu-central-1', 'us-east-1'] })).toEqual(['ecs:CancelCopyImage', 'ecs:CopyImage'])
  const built = actionsOf({ create_import_role: false }, { disk: undefined })
  expect(built.filter((action) => !few.includes(action))).toEqual(['ecs:CancelCopyImage', 'ecs:CopyImage'])
  expect(more({ create_import_role: true })).toEqual(['ram:AttachPolicyToRole', 'ram:CreateRole'])
})
