import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { releaseOf } from '../../config/release.ts'
import { diskActions, diskPermissionsOf } from './disk-permissions.ts'
import { sindriActions } from './permissions.ts'

test('the listed actions are those that the code calls', () => {
  const source = ['disk-api.ts', 'api-blocks.ts', 'api-objects.ts', 'api-roles.ts'].map((file) =>
    readFileSync(join(import.meta.dirname, file), 'utf8'),
  )
  const called = [...source.join('').matchAll(/'((?:ec2|ebs|iam|s3|ssm):[A-Za-z]+)'/g)].map(([, action]) => action)
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
  expect(more({ deprecation_date: '2030-01-01T00:00:00Z' })).toEqual(['ec2:EnableImageDeprecation'])
  const s3 = more({ import: 's3', bucket: 'golden-disks' })
  expect(s3).toContain('ec2:ImportSnapshot')
  expect(s3).toContain('iam:GetRole')
  expect(actionsOf({ import: 's3', bucket: 'golden-disks' }).filter((action) => action.startsWith('ebs:'))).toEqual([])
  expect(few.filter((action) => s3.includes(action))).toEqual([])
  expect(more({ disable_encryption_by_default: true })).toEqual([
    'ec2:DisableEbsEncryptionByDefault',
    'ec2:EnableEbsEncryptionByDefault',
    'ec2:GetEbsEncryptionByDefault',
    'ssm:DeleteParameter',
    'ssm:GetParameter',
    'ssm:PutParameter',
  ])
  expect(more({}, { audience: 'public', allow_public: true })).toEqual([
    'ec2:GetEbsEncryptionByDefault',
    'ec2:GetImageBlockPublicAccessState',
  ])
})
