import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import type { Resolved } from '../../config/resolved.ts'
import { gallery, ids, plain } from './matrix.fixture.ts'
import { permissionsOf, roleOf } from './permissions.ts'

function resolved(azure: Readonly<Record<string, unknown>>, base = 'ubuntu-24.04'): Resolved {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'azure', build: { base }, azure } } }
  return resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {}, partial: true })
}

/** The actions that Packer's builder needs for a config with this azure section. */
function actionsOf(azure: Readonly<Record<string, unknown>>, base?: string): readonly string[] {
  const all = permissionsOf(resolved({ ...plain, ...azure }, base))
  return all.filter(({ by }) => by === 'packer').map(({ action }) => action)
}

/** What these settings add to the least config, and what they take from it, without `Microsoft.`. */
function change(azure: Readonly<Record<string, unknown>>, base?: string): readonly (readonly string[])[] {
  const few = actionsOf({})
  const now = actionsOf(azure, base)
  const without = (list: readonly string[], others: readonly string[]): readonly string[] =>
    list.filter((action) => !others.includes(action)).map((action) => action.replace('Microsoft.', ''))
  return [without(now, few), without(few, now)]
}

test('an action is asked for only when the config uses it', () => {
  const versions = ['galleries/images/read', 'galleries/images/versions/read', 'galleries/read']
  const read = versions.map((action) => `Compute/${action}`)
  const publish = [...read.slice(0, 2), 'Compute/galleries/images/versions/write', ...read.slice(2)]
  const image = ['Compute/images/read', 'Compute/images/write']
  expect(change({ gallery })).toEqual([publish, image])
  expect(change({ gallery }, ids.image)).toEqual([publish, []])
  expect(change({}, ids.version)).toEqual([read, []])
  expect(change({ build_resource_group_name: 'builds' })).toEqual([
    [],
    ['Resources/subscriptions/resourceGroups/delete', 'Resources/subscriptions/resourceGroups/write'],
  ])
  expect(change({ gallery, disk_encryption_set_id: ids.keys })[0]).toContain('Compute/diskEncryptionSets/read')
  expect(change({ user_assigned_managed_identities: [ids.identity] })[0]).toEqual([
    'ManagedIdentity/userAssignedIdentities/assign/action',
    'ManagedIdentity/userAssignedIdentities/read',
  ])
})

test('in a network that exists nothing of a network may be made, a public address only if there is to be one', () => {
  const [more, fewer = []] = change({ virtual_network_name: 'corp' })
  expect(more).toEqual([])
  expect(fewer).toEqual(expect.arrayContaining(['Network/virtualNetworks/write', 'Network/publicIPAddresses/write']))
  const open = change({ virtual_network_name: 'corp', private_virtual_network_with_public_ip: true })[1] ?? []
  expect(open).toContain('Network/virtualNetworks/write')
  expect(open).not.toContain('Network/publicIPAddresses/write')
})

test('what a build would lack only at its end is told of before it begins', () => {
  const late = permissionsOf(resolved({ ...plain })).filter((one) => one.late)
  expect(late.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['Microsoft.Compute/images/write', 'Microsoft.Compute/virtualMachines/generalize/action']),
  )
})

test('actions are listed once, in order, and no wildcard is among them', () => {
  const actions = permissionsOf(resolved({ ...plain, gallery })).map(({ action }) => action)
  expect(actions).toEqual([...new Set(actions)].sort())
  expect(actions.join()).not.toContain('*')
})

test('the role allows the actions of the list and no other, in the subscription of the config', () => {
  const action = 'Microsoft.Compute/images/read'
  const role = (azure: Readonly<Record<string, unknown>>): unknown =>
    roleOf([{ action, by: 'packer', purpose: 'build', late: false }], resolved(azure))
  const scope = `/subscriptions/${plain.subscription_id}`
  expect(role(plain)).toMatchObject({ IsCustom: true, Actions: [action], NotActions: [], AssignableScopes: [scope] })
  expect(role({})).toMatchObject({ AssignableScopes: ['/subscriptions/${AZURE_SUBSCRIPTION_ID}'] })
})
