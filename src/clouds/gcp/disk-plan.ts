import type { Publication } from '../../release/publication.ts'
import type { DiskPlan } from '../disk-target.ts'
import { bucketStep, objectStep } from './disk-bucket.ts'
import type { GcpApis } from './disk-find.ts'
import { imageStep, referenceOf } from './disk-image.ts'
import { placeSettings } from './disk-settings.ts'
import type { GcpDiskSettings } from './secure-boot-keys.ts'

/** A packed disk in a bucket, an image of it in the first location, images of that in the others, and what is declared of each. */
export function gcpDiskPlan(apis: GcpApis, settings: GcpDiskSettings, publication: Publication): DiskPlan {
  const bucket = bucketStep(apis, settings, publication)
  const object = objectStep(apis, settings, publication, bucket)
  const [home = ''] = settings.regions
  const original = imageStep(apis, settings, publication, home, { sent: object })
  const images = settings.regions.map((region) => ({
    region,
    step: region === home ? original : imageStep(apis, settings, publication, region, { original }),
    reference: referenceOf(apis.images.imageProject),
  }))
  const required = images.filter(({ step }) => !step.bestEffort).map(({ step }) => step)
  const places = images.map(({ region, step }) => ({ region, image: step, after: [...new Set([...required, step])] }))
  return {
    steps: [bucket, object, ...images.map(({ step }) => step)],
    settings: places.flatMap((place) => placeSettings(apis, settings, publication, place)),
    images,
  }
}
