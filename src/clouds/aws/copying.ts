import type { CloudImage, Copying } from '../cloud.ts'
import type { Finding } from '../disk-target.ts'
import { tag } from '../tags.ts'
import { copyStep } from './copy.ts'
import type { AwsApi } from './port.ts'
import type { AwsImageSettings } from './settings.ts'

/** Copies of one image, its own or one that is shared with this account, in further regions. */
export function awsCopying(api: AwsApi, { regionKmsKeyIds }: AwsImageSettings): Copying {
  return {
    async preflight(image, regions) {
      const open = await api.regions(image.region)
      const found = await Promise.all(
        regions.map((region) => (open.includes(region) ? busyFindings(api, region) : [closedFinding(region)])),
      )
      return found.flat()
    },

    async plan(image, regions) {
      const [source] = await api.images(image.region, { ids: [image.id] })
      const encrypted = source?.encrypted ?? false
      const { release, fingerprint } = familyOf(image)
      return regions.map((region) => ({
        region,
        step: copyStep(api, {
          ...{ id: `copy/${region}`, region, original: () => image, release, encrypted },
          ...(encrypted && { kmsKeyId: regionKmsKeyIds?.[region] }),
          from: { region: image.region, fingerprint },
          // One that is nobody's release is found by what it is a copy of.
          as: {
            name: image.name,
            tags: { [tag.managed]: 'true', [tag.release]: release, [tag.fingerprint]: fingerprint },
          },
        }),
      }))
    },
  }
}

/** What copies of an image are found by: its release, or else the image itself. */
function familyOf({ id, release = id, fingerprint = id }: CloudImage): {
  readonly release: string
  readonly fingerprint: string
} {
  return { release, fingerprint }
}

/** A region that is not enabled. */
export function closedFinding(region: string): Finding {
  return {
    level: 'error',
    message: `${region} is not a region this account may use`,
    hint: `enable it for the account (aws account enable-region --region-name ${region}), or leave it out`,
  }
}

/** Copies that one region takes at once. https://docs.aws.amazon.com/general/latest/gr/ebs-service.html (2026-11) */
const mostCopies = 20

/** EC2 refuses one copy more than it makes at once. */
export async function busyFindings(api: AwsApi, region: string): Promise<readonly Finding[]> {
  const pending = (await api.images(region, {})).filter(({ state }) => state === 'pending')
  if (pending.length < mostCopies) return []
  return [
    {
      level: 'error',
      message: `${pending.length} images are being made in ${region} already, and AWS copies ${mostCopies} at once`,
      hint: 'wait until some of them are done, then run the same command again',
    },
  ]
}
