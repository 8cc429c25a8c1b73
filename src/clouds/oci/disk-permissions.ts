import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import type { Permission } from '../cloud.ts'
import { compartmentWords } from './permissions.ts'

/**
 * What publishing a disk calls, as statements of a policy for a group called `sindri`. A test enforces them in the
 * stand-in, and each is missed there. Read in
 * https://docs.oracle.com/iaas/Content/Identity/Reference/objectstoragepolicyreference.htm,
 * https://docs.oracle.com/iaas/Content/Identity/policyreference/corepolicyreference.htm and
 * https://docs.oracle.com/iaas/Content/General/service-limits/default.htm (Required Permissions, 2026-11).
 */
export function diskPermissionsOf(settings: OciReleaseSettings): readonly Permission[] {
  const images = compartmentWords(settings.compartmentOcid)
  const bucket = compartmentWords(settings.bucketCompartmentOcid)
  const who = settings.useInstancePrincipals ? 'dynamic-group' : 'group'
  return [
    [`manage buckets in ${bucket}`, 'find or make the bucket, and let the import read one object of it for a time'],
    [`manage objects in ${bucket}`, 'send the disk, and remove it when its images stand'],
    [`manage instance-images in ${images}`, 'import images, find and remove them'],
    [`manage compute-image-capability-schema in ${images}`, 'say how instances of the images are launched'],
    ['inspect compute-global-image-capability-schema in tenancy', 'find the version that is said in'],
    ['inspect tenancies in tenancy', 'see whether the tenancy may use the regions'],
    ['inspect resource-availability in tenancy', 'see whether there is room for another image'],
  ].map(([statement, purpose = '']) => {
    return { action: `Allow ${who} sindri to ${statement}`, by: 'sindri', purpose, late: false }
  })
}
