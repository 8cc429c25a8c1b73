import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { withFixedShape } from './fixed-shape.ts'

function replaced(oci: object, packer: string, build: object = {}): string | undefined {
  const places = {
    compartment_ocid: 'ocid1.tenancy.oc1..a',
    availability_domain: 'x:AD-1',
    subnet_ocid: 'ocid1.subnet.oc1.phx.a',
  }
  const providers = { packer: { cloud: 'oci', build, oci: { ...places, ...oci } } }
  const config = loadConfig(JSON.stringify({ version: '1.0', name: 'golden', providers }), 'sindri.yaml')
  return withFixedShape(resolve(config, {}, { env: {} }), packer)?.resolved.oci?.shape
}

test('a Packer that cannot size the default shape gets one of fixed size, and a chosen shape stays', () => {
  expect(replaced({}, '1.6.6')).toBe('VM.Standard2.2')
  expect(replaced({}, '1.15.1')).toBeUndefined()
  expect(replaced({ shape: 'VM.Standard.E5.Flex' }, '1.6.6')).toBeUndefined()
  expect(replaced({ shape_config: { ocpus: 4, memory_in_gbs: 16 } }, '1.6.6')).toBeUndefined()
})
