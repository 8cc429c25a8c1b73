import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { permissionsOf, policyOf, sindriActions } from './permissions.ts'

/** The actions a config with this aws section needs. */
function actionsOf(section: Readonly<Record<string, unknown>>): readonly string[] {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'aws', aws: section } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} })
  return permissionsOf(resolved).map(({ action }) => action)
}

test('the listed actions are those that the code calls', () => {
  const source = readFileSync(join(import.meta.dirname, 'api.ts'), 'utf8')
  const called = [...source.matchAll(/(?:call|awsError)\([^')]*'((?:ec2|sts):[A-Za-z]+)'/g)].map(([, action]) => action)
  expect(called.length).toBeGreaterThan(15)
  const listed = new Set<string>(Object.values(sindriActions).flat())
  // Tags are given when a thing is made; EC2 asks for a permission of their own.
  listed.delete('ec2:CreateTags')
  expect([...listed].sort()).toEqual([...new Set(called)].sort())
})

test('an action is asked for only when the config uses it', () => {
  const plain = { region: 'us-west-2', encrypt_boot: false, http_tokens: 'optional' }
  const few = actionsOf(plain)
  const more = (section: object): readonly string[] =>
    actionsOf({ ...plain, ...section }).filter((action) => !few.includes(action))
  expect(few).toEqual(expect.arrayContaining(['ec2:CreateImage', 'ec2:RunInstances']))
  expect(more({ ami_regions: ['eu-west-1'] })).toContain('ec2:CopyImage')
  expect(more({ encrypt_boot: true })).toContain('ec2:CopyImage')
  expect(more({ ami_users: ['111122223333'] })).toContain('ec2:ModifyImageAttribute')
  expect(more({ http_tokens: 'required' })).toContain('ec2:ModifyImageAttribute')
  expect(more({ deprecate_after_days: 30 })).toContain('ec2:EnableImageDeprecation')
})

test('actions are listed once, in order, with their purpose', () => {
  const actions = actionsOf({ region: 'us-west-2' })
  expect(actions).toEqual([...new Set(actions)].sort())
})

test('the policy allows the actions of the list and no other', () => {
  const policy = policyOf([
    { action: 'ec2:CopyImage', by: 'sindri', purpose: 'copy', late: true },
    { action: 'ec2:RunInstances', by: 'packer', purpose: 'build', late: false },
  ])
  expect(policy).toMatchObject({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['ec2:CopyImage', 'ec2:RunInstances'] }],
  })
})
