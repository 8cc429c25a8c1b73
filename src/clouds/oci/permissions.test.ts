import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { places } from './matrix.fixture.ts'
import { permissionsOf, policyOf } from './permissions.ts'

/** The statements for a config with this oci section. */
function statements(section: object): readonly string[] {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'oci', oci: section } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {}, partial: true })
  const permissions = permissionsOf(resolved)
  expect(permissions.every(({ late, purpose }) => !late && purpose.length > 0)).toBe(true)
  const policy = permissions.map(({ action }) => action)
  expect(policyOf(permissions)).toEqual(policy)
  expect(policy).toEqual([...new Set(policy)])
  return policy
}

const build = 'in compartment id ocid1.compartment.oc1..aaaaaaaacompartment'

test('the policy is what the builder and Sindri call, in the compartments of the config', () => {
  expect(statements(places)).toEqual([
    `Allow group sindri to manage instances ${build}`,
    `Allow group sindri to use vnics ${build}`,
    `Allow group sindri to inspect vnic-attachments ${build}`,
    `Allow group sindri to use subnets ${build}`,
    `Allow group sindri to manage instance-images ${build}`,
    `Allow group sindri to manage compute-image-capability-schema ${build}`,
    'Allow group sindri to read compute-global-image-capability-schema in tenancy',
    `Allow group sindri to manage network-security-groups ${build}`,
    `Allow group sindri to {VCN_ATTACH, VCN_DETACH} ${build}`,
  ])
})

test('a statement is there only when the config uses it', () => {
  const few = statements(places)
  const more = (section: object): readonly string[] =>
    statements({ ...places, ...section }).filter((statement) => !few.includes(statement))
  expect(more({ nsg_ids: ['ocid1.networksecuritygroup.oc1.phx.aaaa'] })).toEqual([
    `Allow group sindri to use network-security-groups ${build}`,
  ])
  expect(more({ extra: { defined_tags_json: '{}' } })).toEqual(['Allow group sindri to use tag-namespaces in tenancy'])
  expect(more({ image_compartment_ocid: 'ocid1.compartment.oc1..bbbb' })).toEqual([
    `Allow group sindri to read instance-images ${build}`,
    'Allow group sindri to manage instance-images in compartment id ocid1.compartment.oc1..bbbb',
    'Allow group sindri to manage compute-image-capability-schema in compartment id ocid1.compartment.oc1..bbbb',
  ])
})

test('a compartment from the environment is its variable, the root compartment the tenancy, an instance a dynamic group', () => {
  expect(statements({})[0]).toBe('Allow group sindri to manage instances in compartment id $OCI_COMPARTMENT_OCID')
  const root = { ...places, compartment_ocid: 'ocid1.tenancy.oc1..aaaa' }
  expect(statements(root)[0]).toBe('Allow group sindri to manage instances in tenancy')
  const instance = statements({ ...places, use_instance_principals: true })
  expect(instance[0]).toBe(`Allow dynamic-group sindri to manage instances ${build}`)
})
