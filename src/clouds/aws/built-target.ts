import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import { type BuiltImage, builtDigest, type ReleaseIdentity } from '../../release/publication.ts'
import { builtTags, otherFindings, sourceIn } from '../built-copies.ts'
import type { BuiltTarget, DiskPlan, Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { copyStep } from './copy.ts'
import { busyFindings, closedFinding } from './copying.ts'
import type { AwsApis } from './disk-plan.ts'
import { openingSettings } from './disk-settings.ts'
import { regionFindings } from './disk-target.ts'
import { plainRegions } from './encryption-default.ts'
import type { AwsApi } from './port.ts'

/** AWS with credentials at hand, for images that were built there: a copy in each region, also in that of the build. */
export function awsBuiltTarget(apis: AwsApis, settings: AwsReleaseSettings): BuiltTarget {
  const { images } = apis
  const { regions, bestEffortRegions } = settings
  const [home = ''] = regions
  /** A region that is not enabled refuses every question. */
  const openRegions = async (): Promise<readonly string[]> => {
    const open = await images.regions(home)
    return regions.filter((region) => open.includes(region))
  }
  return {
    async source(key) {
      const tags = { [tag.release]: key, [tag.source]: '*' }
      const found = await Promise.all((await openRegions()).map((region) => images.images(region, { tags })))
      return sourceIn(found.flat())
    },

    async preflight(release, image) {
      const open = await openRegions()
      const found = await Promise.all([
        readerFindings(apis, settings, release, image),
        ...open.flatMap((region) => [
          busyFindings(images, region),
          regionFindings(apis, settings, release, region),
          others(images, release, image, region),
        ]),
      ])
      const closed = regions.filter((region) => !open.includes(region))
      return [
        ...closed.map((region): Finding => {
          const level = bestEffortRegions.includes(region) ? 'warning' : 'error'
          return { ...closedFinding(region), level }
        }),
        ...found.flat(),
      ]
    },

    plan: (release, image) => builtPlan(apis, settings, release, image),
  }
}

function builtPlan(apis: AwsApis, settings: AwsReleaseSettings, release: ReleaseIdentity, image: BuiltImage): DiskPlan {
  const { key, name } = release
  const fingerprint = builtDigest(image)
  const tags = { ...builtTags(release, image), Name: name }
  const { steps, after, around } = plainRegions(apis.disks, settings, key)
  const copies = settings.regions.map((region) => ({
    region,
    step: copyStep(apis.images, {
      // The copy of an image that is encrypted is so, whatever is asked for.
      ...{ id: `aws/built/${region}`, region, encrypted: false, original: () => image },
      ...{ release: key, name, as: { name, tags } },
      from: { region: image.region, fingerprint },
      bestEffort: settings.bestEffortRegions.includes(region),
      after: after(region),
      around: around(region),
      plain: release.audience !== 'private',
    }),
  }))
  return {
    steps: [...steps, ...copies.map(({ step }) => step)],
    settings: openingSettings(apis, settings, release, copies),
    images: copies,
  }
}

/** Readers of what nobody else can read. */
async function readerFindings(
  { images }: AwsApis,
  { accounts, organizations, organizationalUnits }: AwsReleaseSettings,
  { audience }: ReleaseIdentity,
  { id, region }: BuiltImage,
): Promise<readonly Finding[]> {
  const shared = audience !== 'private' || [accounts, organizations, organizationalUnits].some((all) => all.length > 0)
  const [found] = shared ? await images.images(region, { ids: [id] }) : []
  if (found?.encrypted !== true) return []
  return [
    {
      level: 'error',
      message: `${id} is encrypted, and its copies are by the account’s default key, which no reader can use`,
      hint: 'build with providers.packer.aws.encrypt_boot: false, or name no readers',
    },
  ]
}

async function others(
  api: AwsApi,
  release: ReleaseIdentity,
  image: BuiltImage,
  region: string,
): Promise<readonly Finding[]> {
  const tags = { [tag.release]: release.key, [tag.fingerprint]: '*' }
  return otherFindings(await api.images(region, { tags }), release, image, region)
}
