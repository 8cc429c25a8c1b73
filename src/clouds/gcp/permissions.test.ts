import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { permissionsOf, roleOf, sindriPermissions } from './permissions.ts'

/** The permissions a config with this gcp section needs. */
function permissionsFor(section: Readonly<Record<string, unknown>>): readonly string[] {
  const gcp = { project_id: 'my-project-1', ...section }
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'gcp', gcp } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} })
  return permissionsOf(resolved).map(({ action }) => action)
}

test('the listed permissions are those that the code names', () => {
  const source = ['api.ts', 'api-calls.ts'].map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
  const named = [...source.join('').matchAll(/'(compute\.\w+\.\w+)'/g)].map(([, permission]) => permission)
  expect(named.length).toBeGreaterThan(10)
  expect(Object.values(sindriPermissions).flat().sort()).toEqual([...new Set(named)].sort())
})

test('a permission is asked for only when the config uses it', () => {
  const few = permissionsFor({ disable_default_service_account: true })
  const more = (section: object): readonly string[] =>
    permissionsFor({ disable_default_service_account: true, ...section }).filter((action) => !few.includes(action))
  expect(few).toEqual(expect.arrayContaining(['compute.images.create', 'compute.instances.create']))
  expect(more({ disable_default_service_account: false })).toEqual(['iam.serviceAccounts.actAs'])
  expect(more({ use_iap: true })).toEqual(['iap.tunnelInstances.accessViaIAP'])
  expect(more({ use_os_login: true })).toEqual(['compute.instances.osAdminLogin'])
  expect(more({ subnetwork: 'builders' })).toEqual(['compute.subnetworks.get'])
  expect(permissionsFor({ omit_external_ip: true, use_internal_ip: true })).not.toContain(
    'compute.subnetworks.useExternalIp',
  )
})

test('permissions are listed once, in order', () => {
  const permissions = permissionsFor({})
  expect(permissions).toEqual([...new Set(permissions)].sort())
})

test('the role includes the permissions of the list and no other', () => {
  const role = roleOf([
    { action: 'compute.images.create', by: 'packer', purpose: 'build', late: true },
    { action: 'compute.images.list', by: 'sindri', purpose: 'list', late: false },
  ])
  expect(role).toMatchObject({ stage: 'GA', includedPermissions: ['compute.images.create', 'compute.images.list'] })
})
