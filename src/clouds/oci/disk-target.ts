import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import type { DiskTarget } from '../disk-target.ts'
import { bucketOf, imagesOfRelease } from './disk-object.ts'
import { ociDiskPlan } from './disk-plan.ts'
import type { OciDiskApi } from './disk-port.ts'
import { ociFindings } from './disk-preflight.ts'
import { isObjectOf } from './temporary.ts'

/** Oracle Cloud with credentials at hand, for finished disks. */
export function ociDiskTarget(api: OciDiskApi, settings: OciReleaseSettings): DiskTarget {
  const [home = ''] = settings.regions
  return {
    identity: () => api.identity(),

    async begunAs(key) {
      const [image] = await imagesOfRelease(api, settings, { key }, home)
      if (image !== undefined) return image.name
      const bucket = await bucketOf(api, settings)
      const object = (await api.objects(bucket, `${key}-`)).find((one) => isObjectOf(key, one))
      return object === undefined ? undefined : (await api.object(bucket, object))?.metadata.name
    },

    preflight: (publication) => ociFindings(api, settings, publication),
    plan: (publication) => ociDiskPlan(api, settings, publication),
  }
}
