import { SindriError } from '../../core/error.ts'
import type { Step } from '../../core/step.ts'
import type { Release } from '../../release/release.ts'
import type { MadeImage, Publish } from '../cloud.ts'
import { tag } from '../tags.ts'
import { copyStep } from './copy.ts'
import type { AlibabaApi, Tags } from './port.ts'
import type { AlibabaImageSettings } from './settings.ts'
import { familySettings, readerSetting } from './share.ts'
import { sweepRun } from './sweep.ts'

/** What the builder tells of what it made, where it can give that no name of the run: by id, by address, by a name. */
const named =
  /(?<=Created security group: )sg-\w+|(?<=Allocated (?:EIP|eip): )[\d.]+|(?<=Creating temporary image for encryption: )packer_\w{7}/g

/**
 * Copies of the built image in further regions, and who may use each of them.
 * @param tagsOf what is written on an image of this release
 */
export function alibabaPublish(
  api: AlibabaApi,
  settings: AlibabaImageSettings,
  tagsOf: (release: Release, version: string) => Tags,
): Publish {
  return {
    named,
    sweepRun: (marks) => sweepRun(api, settings, marks),

    async mark(release, { region, id }, version) {
      const [image] = await api.images(region, { id })
      if (image === undefined) throw new SindriError('not-found', `image ${id} is gone from ${region}`)
      if (image.tags[tag.release] === release.name) return
      // An encrypted image is a copy, which the builder gives no tags.
      const tags = tagsOf(release, version)
      if (image.snapshots.length > 0) await api.tag(region, 'snapshot', image.snapshots, tags)
      await api.tag(region, 'image', [id], tags)
    },

    plan(release, built) {
      const regions = settings.imageCopyRegions.filter((region) => region !== release.region)
      const copies = regions.map((region) => copyOf(api, settings, release, built, region))
      const all = [built, ...copies]
      const places: readonly (readonly [Step<MadeImage>, string])[] = [
        [built, release.region],
        ...copies.map((copy, index) => [copy, regions[index] ?? ''] as const),
      ]
      return {
        copies,
        settings: places.flatMap(([image, region]) => [
          readerSetting(
            api,
            `readers/${region}`,
            { image, region, after: all },
            { accounts: settings.imageShareAccount },
          ),
          ...familySettings(api, `family/${region}`, { image, region, after: all }, settings.targetImageFamily),
        ]),
      }
    },
  }
}

function copyOf(
  api: AlibabaApi,
  settings: AlibabaImageSettings,
  release: Release,
  built: Step<MadeImage>,
  region: string,
): Step<MadeImage> {
  const encrypted = settings.imageEncrypted === true
  return copyStep(api, {
    ...{ id: `copy/${region}`, region, release: release.name, title: release.name, encrypted },
    ...{ original: (got) => got(built), after: [built] },
    name: nameOf(settings, region) ?? release.name,
    from: release,
    kmsKeyId: encrypted ? keyOf(settings, region) : undefined,
  })
}

/** What the config calls the copy in this region. */
function nameOf({ imageCopyRegions, imageCopyNames }: AlibabaImageSettings, region: string): string | undefined {
  return imageCopyNames[imageCopyRegions.indexOf(region)]
}

/** The key of the copy in this region; without one the service key of the region encrypts it. */
function keyOf({ imageCopyRegions, extra }: AlibabaImageSettings, region: string): string | undefined {
  const keys = extra.kms_key_copy_ids
  const key = Array.isArray(keys) ? String(keys[imageCopyRegions.indexOf(region)] ?? '') : ''
  return key === '' ? undefined : key
}
