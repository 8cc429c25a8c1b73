import type { DiskTarget } from '../disk-target.ts'
import { preflight } from './disk-checks.ts'
import { type GcpApis, objectsOf } from './disk-find.ts'
import { objectKey } from './disk-names.ts'
import { gcpDiskPlan } from './disk-plan.ts'
import { label, resourceName } from './labels.ts'
import type { GcpDiskSettings } from './secure-boot-keys.ts'

/** Google Cloud with credentials at hand, for finished disks. */
export function gcpDiskTarget(apis: GcpApis, settings: GcpDiskSettings): DiskTarget {
  const { images, disks } = apis
  return {
    identity: async () => `${await images.identity()} (project ${images.imageProject})`,

    async begunAs(key) {
      const labels = { [label.release]: resourceName(key), [label.fingerprint]: '*', [label.location]: '*' }
      const [image] = await images.images({ labels })
      // A name of Google's has no room for every name: that of the release is its description.
      if (image !== undefined) return image.description
      if ((await disks.bucket(settings.bucket)) === undefined) return undefined
      const [object] = await objectsOf(disks, settings.bucket, key)
      return object?.metadata[objectKey.name]
    },

    preflight: (publication) => preflight(apis, settings, publication),
    plan: (publication) => gcpDiskPlan(apis, settings, publication),
  }
}
