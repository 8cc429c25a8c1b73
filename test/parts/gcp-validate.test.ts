import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ValidateResult } from '../../src/actions/validate.ts'
import { missingPart, openSindri, type Sindri } from './sindri.ts'

const missing = await missingPart()

/** What a config can ask for, one thing or one sensible combination each. */
const features: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  plain: {},
  'another project and a family': { image_project_id: 'images-shared-1', image_family: 'golden' },
  'a shielded VM': { enable_secure_boot: true, enable_vtpm: true, enable_integrity_monitoring: true },
  'no shielded VM': { enable_vtpm: false, enable_integrity_monitoring: false },
  'guest OS features': { image_guest_os_features: ['UEFI_COMPATIBLE', 'GVNIC'] },
  'one storage location': { image_storage_locations: ['eu'] },
  'a key of its own': { kms_key_name: 'projects/keys-1/locations/eu/keyRings/images/cryptoKeys/golden' },
  'a deprecation': { deprecate_after_days: 30 },
  'a shared network': { network: 'builders', subnetwork: 'builders-eu', network_project_id: 'network-host-1' },
  'no external address': { omit_external_ip: true, use_internal_ip: true },
  'Identity-Aware Proxy': { omit_external_ip: true, use_iap: true },
  'OS Login': { use_os_login: true },
  'no service account': { disable_default_service_account: true },
  'a service account': {
    service_account_email: 'builder@my-project-1.iam.gserviceaccount.com',
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
  },
  'network tags': { tags: ['image-builder'] },
  'a preemptible instance': { preemptible: true },
  'something extra': { extra: { min_cpu_platform: 'Intel Ice Lake' } },
}

let sindri: Sindri

describe.skipIf(missing !== undefined)(`Packer takes the template (${missing ?? 'of Google Cloud'})`, () => {
  beforeAll(async () => {
    sindri = await openSindri()
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test.each(Object.keys(features))('with %s', async (feature) => {
    const gcp = { project_id: 'my-project-1', ...features[feature] }
    await sindri.configure({ cloud: 'gcp', tags: { team: 'platform' }, gcp })
    const { valid, errors }: ValidateResult = await sindri.json('vm', 'validate')
    expect(errors).toEqual([])
    expect(valid).toBe(true)
  })
})
