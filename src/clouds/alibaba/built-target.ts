import type { AlibabaReleaseSettings } from '../../config/targets/alibaba.ts'
import { type BuiltImage, builtDigest, type ReleaseIdentity } from '../../release/publication.ts'
import { builtTags, otherFindings, sourceIn } from '../built-copies.ts'
import type { BuiltTarget, DiskPlan, Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { copyStep } from './copy.ts'
import { closedFinding } from './copying.ts'
import { nameFindings } from './disk-target.ts'
import { imageName } from './image-name.ts'
import type { AlibabaApi } from './port.ts'
import { familySettings, readerSetting } from './share.ts'

/** Alibaba Cloud with credentials at hand, for images that were built there: a copy in each region, also in that of the build. */
export function alibabaBuiltTarget(api: AlibabaApi, settings: AlibabaReleaseSettings): BuiltTarget {
  const { regions, bestEffortRegions } = settings
  const openRegions = async (): Promise<readonly string[]> => {
    const open = await api.regions()
    return regions.filter((region) => open.includes(region))
  }
  return {
    async source(key) {
      const tags = { [tag.release]: key, [tag.source]: '*' }
      const found = await Promise.all((await openRegions()).map((region) => api.images(region, { tags })))
      return sourceIn(found.flat())
    },

    async preflight(release, image) {
      const open = await openRegions()
      const found = await Promise.all(
        open.flatMap((region) => [nameFindings({ images: api }, release, region), others(api, release, image, region)]),
      )
      const closed = regions.filter((region) => !open.includes(region))
      return [
        ...closed.map((region): Finding => {
          const level = bestEffortRegions.includes(region) ? 'warning' : 'error'
          return { ...closedFinding(region), level }
        }),
        ...found.flat(),
      ]
    },

    plan: (release, image) => builtPlan(api, settings, release, image),
  }
}

function builtPlan(
  api: AlibabaApi,
  settings: AlibabaReleaseSettings,
  release: ReleaseIdentity,
  image: BuiltImage,
): DiskPlan {
  const { key, name, audience } = release
  const fingerprint = builtDigest(image)
  const tags = builtTags(release, image)
  const copies = settings.regions.map((region) => ({
    region,
    step: copyStep(api, {
      ...{ id: `alibaba/built/${region}`, region, encrypted: false, original: () => image },
      ...{ release: key, title: name, name: imageName(name), as: { description: name, tags } },
      from: { region: image.region, fingerprint },
      bestEffort: settings.bestEffortRegions.includes(region),
    }),
  }))
  const required = copies.map(({ step }) => step).filter(({ bestEffort }) => !bestEffort)
  const places = copies.map(({ region, step }) => ({ region, image: step, after: [...new Set([...required, step])] }))
  const readers = { accounts: settings.accounts, public: audience !== 'private' }
  return {
    steps: copies.map(({ step }) => step),
    settings: [
      ...places.map((place) => readerSetting(api, `alibaba/readers/${place.region}`, place, readers)),
      ...places.flatMap((place) => familySettings(api, `alibaba/pointer/${place.region}`, place, settings.imageFamily)),
    ],
    images: copies,
  }
}

async function others(
  api: AlibabaApi,
  release: ReleaseIdentity,
  image: BuiltImage,
  region: string,
): Promise<readonly Finding[]> {
  const tags = { [tag.release]: release.key, [tag.fingerprint]: '*' }
  return otherFindings(await api.images(region, { tags }), release, image, region)
}
