import { familyOf } from '../built-copies.ts'
import type { CloudImage, Copying } from '../cloud.ts'
import type { Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { copyStep } from './copy.ts'
import type { AlibabaApi } from './port.ts'

/**
 * Copies of one image in further regions. Of those out of one region five are carried out at once, and the others wait, so
 * none is refused: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-copyimage (2026-11).
 */
export function alibabaCopying(api: AlibabaApi): Copying {
  return {
    async preflight(image, regions) {
      const open = await api.regions()
      const { release } = familyOf(image)
      const found = await Promise.all(
        regions.map(async (region): Promise<readonly Finding[]> => {
          if (!open.includes(region)) return [closedFinding(region)]
          const named = await api.images(region, { name: image.name })
          return named
            .filter(({ tags }) => tags[tag.release] !== release)
            .map(({ id }) => takenFinding(image, region, id))
        }),
      )
      return found.flat()
    },

    async plan(image, regions) {
      const { release, fingerprint, tags } = familyOf(image)
      return regions.map((region) => ({
        region,
        step: copyStep(api, {
          ...{ id: `copy/${region}`, region, original: () => image, release, encrypted: false },
          ...{ title: image.name, name: image.name, from: { region: image.region, fingerprint } },
          // One that is nobody's release is found by what it is a copy of.
          as: {
            description: image.name,
            tags,
          },
        }),
      }))
    },
  }
}

/** A region that the account does not have. */
export function closedFinding(region: string): Finding {
  return {
    level: 'error',
    message: `${region} is not a region this account may use`,
    hint: "regions differ between the China and the international site; 'aliyun ecs DescribeRegions' lists those of the account",
  }
}

/** Alibaba Cloud takes no name twice in a region. */
function takenFinding({ name }: CloudImage, region: string, id: string): Finding {
  return {
    level: 'error',
    message: `${region} has another image called ${name}: ${id}`,
    hint: 'rename that image, or remove it',
  }
}
