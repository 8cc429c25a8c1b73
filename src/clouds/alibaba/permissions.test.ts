import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { rich } from './matrix.fixture.ts'
import { permissionsOf, policyOf, sindriActions } from './permissions.ts'

function permissions(alibaba: object, build: object = {}) {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'alibaba', build, alibaba } } }
  return permissionsOf(resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} }))
}

/** The actions a config with this alibaba section needs. */
function actionsOf(alibaba: object, build: object = {}): readonly string[] {
  return permissions(alibaba, build).map(({ action }) => action)
}

test('the listed actions are those that the code names', () => {
  const source = readFileSync(join(import.meta.dirname, 'api.ts'), 'utf8')
  const named = [...source.matchAll(/'((?:ecs|vpc):\w+)'/g)].map(([, action]) => action)
  expect(named.length).toBeGreaterThan(20)
  expect(Object.values(sindriActions).flat().sort()).toEqual([...new Set(named)].sort())
})

test('an action is asked for only when the config uses it', () => {
  const all = actionsOf({})
  const less = (section: object, build: object = {}): readonly string[] => {
    const actions = actionsOf(section, build)
    expect(actions.filter((action) => !all.includes(action))).toEqual([])
    return all.filter((action) => !actions.includes(action))
  }
  const more = (section: object): readonly string[] => actionsOf(section).filter((action) => !all.includes(action))
  const network = { vpc_id: 'vpc-bp1s5fnvk4gn2tws03' }
  expect(less(network)).toEqual(['vpc:CreateVpc'])
  expect(less({ ...network, vswitch_id: 'vsw-bp1s5fnvk4gn2tws03' })).toEqual([
    'ecs:DescribeZones',
    'vpc:CreateVSwitch',
    'vpc:CreateVpc',
  ])
  expect(less({ ...network, security_group_id: 'sg-bp1s5fnvk4gn2tws03' })).toContain('ecs:AuthorizeSecurityGroupEgress')
  expect(less({ associate_public_ip_address: false })).toContain('vpc:AllocateEipAddress')
  expect(less({}, { base: 'm-bp1abc123' })).toEqual(['ecs:DescribeImageFromFamily'])
  expect(less({}, { base: 'acs:debian_12_11_x64' })).toEqual([])
  expect(more({ image_copy_regions: ['cn-beijing'] })).toEqual(['ecs:CopyImage'])
  expect(more({ image_encrypted: true })).toEqual(['ecs:CopyImage'])
  expect(more({ target_image_family: 'golden' })).toEqual(['ecs:ModifyImageAttribute'])
  expect(more({ ecs_ram_role_name: 'builder' })).toEqual(['ram:PassRole'])
})

test('actions are listed once, in order, with their purpose, and the policy allows them and no other', () => {
  const needed = permissions(rich.alibaba)
  const actions = needed.map(({ action }) => action)
  expect(actions).toEqual([...new Set(actions)].sort())
  expect(needed.every(({ late, purpose }) => !late && purpose.length > 0)).toBe(true)
  expect(policyOf(needed)).toEqual({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  })
})
