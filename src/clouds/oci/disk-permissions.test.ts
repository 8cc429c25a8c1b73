import { expect, test } from 'vitest'
import { releaseOf } from '../../config/release.ts'
import { diskPermissionsOf } from './disk-permissions.ts'

const images = 'ocid1.compartment.oc1..aaaaaaaaimages'
const bucket = 'ocid1.compartment.oc1..aaaaaaaabuckets'

function statements(oci: object): readonly string[] {
  const targets = { oci: { regions: ['eu-frankfurt-1'], compartment_ocid: images, ...oci } }
  const settings = releaseOf({ name: 'golden', release: { version: '1', targets } }, {}).targets.oci
  if (settings === undefined) throw new Error('no settings')
  return diskPermissionsOf(settings).map(({ action }) => action)
}

test('the bucket may be in another compartment than the images', () => {
  const both = statements({ bucket_compartment_ocid: bucket })
  expect(both.filter((one) => one.endsWith(bucket))).toEqual([
    `Allow group sindri to manage buckets in compartment id ${bucket}`,
    `Allow group sindri to manage objects in compartment id ${bucket}`,
  ])
  expect(both.filter((one) => one.endsWith(images))).toEqual([
    `Allow group sindri to manage instance-images in compartment id ${images}`,
    `Allow group sindri to manage compute-image-capability-schema in compartment id ${images}`,
  ])
  expect(statements({}).filter((one) => one.includes(images))).toHaveLength(4)
})

test('the root compartment is the tenancy, and an instance is in a dynamic group', () => {
  const [first] = statements({ compartment_ocid: 'ocid1.tenancy.oc1..aaaa', use_instance_principals: true })
  expect(first).toBe('Allow dynamic-group sindri to manage buckets in tenancy')
})
