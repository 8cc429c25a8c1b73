import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import type { Publication } from '../../release/publication.ts'
import type { DiskPlan } from '../disk-target.ts'
import { imageStep } from './disk-image.ts'
import { objectStep } from './disk-object.ts'
import type { OciDiskApi } from './disk-port.ts'
import { launchSetting, type Place, shapeSettings, temporarySetting } from './disk-settings.ts'

/** An object in the first region, an image of it in each, how they are launched; then the object goes. */
export function ociDiskPlan(api: OciDiskApi, settings: OciReleaseSettings, publication: Publication): DiskPlan {
  const sent = objectStep(api, settings, publication)
  const images = settings.regions.map((region) => {
    return { region, step: imageStep(api, settings, publication, sent, region) }
  })
  const required = images.filter(({ step }) => !step.bestEffort).map(({ step }) => step)
  const places = images.map(({ region, step }): Place => {
    return { region, image: step, after: [...new Set([...required, step])] }
  })
  return {
    steps: [sent, ...images.map(({ step }) => step)],
    settings: [
      ...places.map((place) => launchSetting(api, settings, publication, place)),
      ...places.flatMap((place) => shapeSettings(api, settings, publication, place)),
      temporarySetting(
        api,
        settings,
        publication,
        images.map(({ step }) => step),
      ),
    ],
    images,
  }
}
