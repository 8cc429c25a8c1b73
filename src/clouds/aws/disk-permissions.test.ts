import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releaseOf } from '../../config/release.ts'
import { diskActions, diskPermissionsOf } from './disk-permissions.ts'
import { sindriActions } from './permissions.ts'

test('the listed actions are those that the code calls', () => {
  const source = ['disk-api.ts', 'api-blocks.ts'].map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  const called = [...source.join('').matchAll(/'((?:ec2|ebs|ssm):[A-Za-z]+)'/g)].map(([, action]) => action)
  expect(called.length).toBeGreaterThan(10)
  const listed = new Set<string>(Object.values(diskActions).flat())
  expect([...listed]).toEqual(expect.arrayContaining([...new Set(called)]))
  // The rest is what building calls as well; tags are given when a thing is made.
  const shared = new Set<string>(Object.values(sindriActions).flat())
  expect([...listed].filter((action) => !called.includes(action) && !shared.has(action))).toEqual([])
})

function actionsOf(aws: object, more: object = {}): readonly string[] {
  const config = {
    name: 'golden',
    release: { version: '1', disk: 'disk.raw', targets: { aws: { regions: ['eu-west-1'], ...aws } }, ...more },
  }
  const release = releaseOf(config, {})
  const { aws: settings } = release.targets
  if (settings === undefined) throw new Error('no settings')
  return diskPermissionsOf(settings, release).map(({ action }) => action)
}

test('an action is asked for only when the release uses it', () => {
  const few = actionsOf({})
  const more = (aws: object, release: object = {}): readonly string[] =>
    actionsOf(aws, release).filter((action) => !few.includes(action))
  expect(few).toEqual([...new Set(few)].sort())
  expect(more({ regions: ['eu-west-1', 'us-east-1'] })).toEqual(['ec2:CopyImage'])
  expect(more({}, { disk: undefined })).toEqual(['ec2:CopyImage'])
  expect(more({ ssm_parameter: '/images/golden' })).toEqual(['ssm:GetParameter', 'ssm:PutParameter'])
  expect(more({}, { audience: 'public', allow_public: true })).toEqual([
    'ec2:GetEbsEncryptionByDefault',
    'ec2:GetImageBlockPublicAccessState',
  ])
})
