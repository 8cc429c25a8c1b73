import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import type { Setting } from '../../core/setting.ts'
import { type Step, step } from '../../core/step.ts'
import type { Release } from '../../release/release.ts'
import type { MadeImage, Publish } from '../cloud.ts'
import { isGone, unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import type { AwsApi, AwsImage } from './port.ts'
import type { AwsImageSettings } from './settings.ts'
import { imageSettings } from './share.ts'
import { sweepRun } from './sweep.ts'

/** Copies of the built image in further regions, and who may see each of them. */
export function awsPublish(api: AwsApi, settings: AwsImageSettings): Publish {
  return {
    sweepRun: (marks) => sweepRun(api, marks),
    plan(release, built) {
      const regions = settings.amiRegions.filter((region) => region !== release.region)
      const copies = regions.map((region) => copyStep(api, settings, release, built, region))
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

/** CopyImage is idempotent by its token: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html (2026-11). */
function copyStep(
  api: AwsApi,
  settings: AwsImageSettings,
  release: Release,
  built: Step<MadeImage>,
  region: string,
): Step<MadeImage> {
  const kmsKeyId = settings.regionKmsKeyIds?.[region]
  const inputs = digest({
    from: release.region,
    fingerprint: release.fingerprint,
    region,
    encrypted: settings.encryptBoot,
    kmsKeyId,
  })
  const made = (image: AwsImage): MadeImage => ({ id: image.id, region, name: image.name })
  const ours = (): Promise<readonly AwsImage[]> =>
    api.images(region, { tags: { [tag.release]: release.name, [tag.digest]: '*' } })

  return step<MadeImage, { readonly imageId: string }>(`copy/${region}`, {
    title: `copy ${release.name} to ${region}`,
    after: [built],
    digest: inputs,
    pollEveryMs: 5_000,
    async find() {
      const found = (await ours()).find((image) => image.state === 'available')
      return found === undefined ? undefined : { digest: found.tags[tag.digest], out: made(found) }
    },
    async start(got, token) {
      const begun = (await ours()).find((image) => image.state === 'pending')
      if (begun !== undefined) return { imageId: begun.id }
      const source = got(built)
      const [original] = await api.images(source.region, { ids: [source.id] })
      if (original === undefined) throw new SindriError('not-found', `image ${source.id} is gone from ${source.region}`)
      const imageId = await api.copyImage(region, {
        source: source.id,
        sourceRegion: source.region,
        name: source.name,
        description: original.description,
        token,
        tags: { ...withoutReserved(original.tags), [tag.digest]: inputs },
        encrypted: settings.encryptBoot,
        kmsKeyId,
      })
      return { imageId }
    },
    async poll({ imageId }) {
      const image = await visible(api, region, imageId)
      if (image === undefined || image.state === 'pending') return { busy: `copying to ${region}` }
      if (image.state === 'available') return { done: made(image) }
      return { failed: `AWS reports ${image.state}: ${image.reason || 'no reason given'}` }
    },
    sweep: ({ imageId }) => removeImage(api, region, imageId),
    undo: ({ id }) => removeImage(api, region, id),
  })
}

/** A new image may not be visible for some seconds: EC2 is eventually consistent. */
async function visible(api: AwsApi, region: string, id: string): Promise<AwsImage | undefined> {
  try {
    return (await api.images(region, { ids: [id] }))[0]
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

async function removeImage(api: AwsApi, region: string, id: string): Promise<void> {
  const image = await visible(api, region, id)
  if (image === undefined) return
  await unlessGone(api.deregisterImage(region, id))
  for (const snapshot of image.snapshots) await unlessGone(api.deleteSnapshot(region, snapshot))
}

function withoutReserved(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:')))
}
