import type { Setting } from '../../core/setting.ts'
import type { Step } from '../../core/step.ts'
import type { MadeImage, Publish } from '../cloud.ts'
import { copyStep } from './copy.ts'
import type { AwsApi } from './port.ts'
import type { AwsImageSettings } from './settings.ts'
import { imageSettings } from './share.ts'
import { sweepRun } from './sweep.ts'

/** Copies of the built image in further regions, and who may see each of them. */
export function awsPublish(api: AwsApi, settings: AwsImageSettings): Publish {
  return {
    sweepRun: (marks) => sweepRun(api, marks),
    plan(release, built) {
      const regions = settings.amiRegions.filter((region) => region !== release.region)
      const copies = regions.map((region) =>
        copyStep(api, {
          id: `copy/${region}`,
          ...{ region, original: (got) => got(built), after: [built] },
          ...{ release: release.name, encrypted: settings.encryptBoot },
          kmsKeyId: settings.regionKmsKeyIds?.[region],
          from: { region: release.region, fingerprint: release.fingerprint },
        }),
      )
      const all = [built, ...copies]
      const places: readonly (readonly [Step<MadeImage>, string])[] = [
        [built, release.region],
        ...copies.map((copy, index) => [copy, regions[index] ?? ''] as const),
      ]
      return {
        copies,
        settings: places.flatMap(([image, region]): Setting[] =>
          imageSettings(api, settings, release, image, region, all),
        ),
      }
    },
  }
}
