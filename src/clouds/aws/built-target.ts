import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import { type BuiltImage, builtDigest, type ReleaseIdentity } from '../../release/publication.ts'
import type { BuiltTarget, DiskPlan, Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { copyStep } from './copy.ts'
import { busyFindings, closedFinding } from './copying.ts'
import type { AwsApis } from './disk-plan.ts'
import { openingSettings } from './disk-settings.ts'
import { regionFindings } from './disk-target.ts'
import { encryptionDefault } from './encryption-default.ts'

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
      const [from, id] = found.flat()[0]?.tags[tag.source]?.split('/') ?? []
      return from === undefined || id === undefined ? undefined : { region: from, id }
    },

    async preflight(release, image) {
      const open = await openRegions()
      const found = await Promise.all([
        readerFindings(apis, settings, release, image),
        ...open.flatMap((region) => [
          busyFindings(images, region),
          regionFindings(apis, settings, release, region),
          otherFindings(apis, release, image, region),
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
  const tags = {
    ...{ Name: name, [tag.managed]: 'true', [tag.release]: key },
    ...{ [tag.fingerprint]: fingerprint, [tag.source]: `${image.region}/${image.id}` },
  }
  const encryption = settings.disableEncryptionByDefault ? encryptionDefault(apis.disks, key) : undefined
  const isBestEffort = (region: string): boolean => settings.bestEffortRegions.includes(region)
  const restored = new Map(
    settings.regions.flatMap((region) => {
      const restore = encryption?.restored(region, isBestEffort(region))
      return restore === undefined ? [] : [[region, restore] as const]
    }),
  )
  const copies = settings.regions.map((region) => ({
    region,
    step: copyStep(apis.images, {
      // The copy of an image that is encrypted is so, whatever is asked for.
      ...{ id: `aws/built/${region}`, region, encrypted: false, original: () => image },
      ...{ release: key, name, as: { name, tags } },
      from: { region: image.region, fingerprint },
      bestEffort: isBestEffort(region),
      after: [restored.get(region) ?? []].flat(),
      ...(encryption && { around: (begin) => encryption.plainly(region, begin) }),
    }),
  }))
  return {
    steps: [...restored.values(), ...copies.map(({ step }) => step)],
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

/** An image of this release that was made from something else. */
async function otherFindings(
  { images }: AwsApis,
  { key }: ReleaseIdentity,
  image: BuiltImage,
  region: string,
): Promise<readonly Finding[]> {
  const found = await images.images(region, { tags: { [tag.release]: key, [tag.fingerprint]: '*' } })
  const other = found.find(({ tags }) => tags[tag.fingerprint] !== builtDigest(image))
  if (other === undefined) return []
  return [
    {
      level: 'error',
      message: `${region} has ${other.id} of ${key}, which was published from something else than ${image.id}`,
      hint: 'give the new image a version of its own; a version that is out is never changed',
    },
  ]
}
