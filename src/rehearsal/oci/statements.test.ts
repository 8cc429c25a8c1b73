import { expect, test } from 'vitest'
import { authorize, readStatements } from './statements.ts'

test('a document of another cloud is none of its own', () => {
  for (const other of [{ Version: '2012-10-17', Statement: [] }, { includedPermissions: [] }, ['x'], 'Allow'])
    expect(readStatements(other, 'policy.json')).toBeUndefined()
})

test('a verb includes those before it', () => {
  const granted = readStatements(['allow any-user to use subnets in tenancy'], 'policy.json')
  expect([...(granted ?? [])].sort()).toEqual([
    'SUBNET_ATTACH in tenancy',
    'SUBNET_DETACH in tenancy',
    'SUBNET_READ in tenancy',
  ])
})

test.each([
  'Allow group sindri to own instances in tenancy',
  'Allow group sindri to manage clusters in tenancy',
  "Allow group sindri to manage instances in tenancy where request.region = 'phx'",
  'Allow group sindri to manage instances in compartment by:name',
])('what it does not understand is refused, and quoted: %s', (statement) => {
  expect(() => readStatements([statement], 'policy.json')).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(statement) }),
  )
})

test('without a policy everything is allowed', () => {
  expect(() => authorize(undefined, ['INSTANCE_CREATE'], 'x')).not.toThrow()
})
