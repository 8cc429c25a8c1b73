import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import type { Publication } from '../../release/publication.ts'
import type { DiskPlan } from '../disk-target.ts'
import { copyStep } from './copy.ts'
import type { AwsDiskApi } from './disk-port.ts'
import { openingSettings } from './disk-settings.ts'
import { plainRegions } from './encryption-default.ts'
import { imageStep } from './image-step.ts'
import { importStep, tidyStep } from './import-step.ts'
import type { AwsApi } from './port.ts'
import { snapshotStep } from './snapshot-step.ts'
import { uploadStep } from './upload-step.ts'

/** What is asked of AWS for a disk: both halves of its API. */
export interface AwsApis {
  readonly images: AwsApi
  readonly disks: AwsDiskApi
}

/** A snapshot in the first region, an image of it there, its copies, and what is declared of each. */
export function awsDiskPlan(apis: AwsApis, settings: AwsReleaseSettings, publication: Publication): DiskPlan {
  const [home = ''] = settings.regions
  const isBestEffort = (region: string): boolean => settings.bestEffortRegions.includes(region)
  const plain = settings.disableEncryptionByDefault || publication.audience !== 'private'
  const { encryption, steps: restored, after, around } = plainRegions(apis.disks, settings, publication.key)
  const place = { region: home, after: after(home), encryption, plain }
  const upload =
    settings.import === 's3'
      ? uploadStep(apis, publication, { region: home, bucket: settings.bucket ?? '' })
      : undefined
  const snapshot =
    upload === undefined ? snapshotStep(apis.disks, publication, place) : importStep(apis, publication, upload, place)
  const image = imageStep(apis, settings, publication, snapshot, home)
  const tidy = upload && tidyStep(apis, upload, image, home)
  const copies = settings.regions
    .filter((region) => region !== home)
    .map((region) => ({
      region,
      step: copyStep(apis.images, {
        ...{ id: `aws/copy/${region}`, region, encrypted: false },
        ...{ original: (got) => got(image), after: [image, ...after(region)] },
        release: publication.key,
        name: publication.name,
        from: { region: home, fingerprint: publication.disk.digest },
        bestEffort: isBestEffort(region),
        plain,
        around: around(region),
      }),
    }))
  const images = [{ region: home, step: image }, ...copies]
  return {
    steps: [
      ...restored,
      ...(upload === undefined ? [] : [upload]),
      snapshot,
      ...images.map(({ step }) => step),
      ...(tidy === undefined ? [] : [tidy]),
    ],
    settings: openingSettings(apis, settings, publication, images),
    images,
  }
}
