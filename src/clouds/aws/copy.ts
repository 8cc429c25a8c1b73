import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Got, type Step, step } from '../../core/step.ts'
import type { MadeImage } from '../cloud.ts'
import { isGone, unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { patience } from './patience.ts'
import type { AwsApi, AwsImage, Tags } from './port.ts'

/** A copy of an image in another region. */
export interface Copy {
  readonly id: string
  readonly region: string
  /** What is copied; one of `after` makes it, or it was there before. */
  readonly original: (got: Got) => Pick<MadeImage, 'id' | 'region'>
  /** What has to be done before. */
  readonly after?: readonly Step<unknown>[]
  /** What the images of its release carry as a tag. */
  readonly release: string
  /** What it is called in a title, where that is not its release. */
  readonly name?: string
  /** What the copy is called and carries besides the tags of the original, where it is to be another image. */
  readonly as?: { readonly name: string; readonly tags: Tags }
  readonly from: { readonly region: string; readonly fingerprint: string }
  readonly encrypted: boolean
  readonly kmsKeyId?: string | undefined
  readonly bestEffort?: boolean
  /** Carries out what begins the copy. */
  readonly around?: (begin: () => Promise<string>) => Promise<string>
  /** An encrypted copy counts as failed. */
  readonly plain?: boolean
}

/** CopyImage is idempotent by its token: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopyImage.html (2026-11). */
export function copyStep(api: AwsApi, copy: Copy): Step<MadeImage> {
  const { region, release, from, encrypted, kmsKeyId, around = (begin) => begin() } = copy
  const inputs = digest({ from: from.region, fingerprint: from.fingerprint, region, encrypted, kmsKeyId })
  const made = (image: AwsImage): MadeImage => ({ id: image.id, region, name: image.name })
  const ours = (): Promise<readonly AwsImage[]> =>
    api.images(region, { tags: { [tag.release]: release, [tag.digest]: '*' } })
  const unseen = patience()

  return step<MadeImage, { readonly imageId: string }>(copy.id, {
    title: `copy ${copy.name ?? release} to ${region}`,
    after: copy.after ?? [],
    bestEffort: copy.bestEffort ?? false,
    digest: inputs,
    pollEveryMs: 5_000,
    async find() {
      const found = (await ours()).find((image) => image.state === 'available')
      return found === undefined ? undefined : { digest: found.tags[tag.digest], out: made(found) }
    },
    async start(got, token) {
      const begun = (await ours()).find((image) => image.state === 'pending')
      if (begun !== undefined) return { imageId: begun.id }
      const source = copy.original(got)
      const [image] = await api.images(source.region, { ids: [source.id] })
      if (image === undefined) throw new SindriError('not-found', `image ${source.id} is gone from ${source.region}`)
      const order = {
        source: source.id,
        sourceRegion: source.region,
        name: copy.as?.name ?? image.name,
        description: copy.as?.name ?? image.description,
        // Another source is another copy: with the same token it would be refused for a day.
        token: digest({ token, source: source.id }),
        tags: { ...withoutReserved(image.tags), ...copy.as?.tags, [tag.digest]: inputs },
        encrypted,
        kmsKeyId,
      }
      return { imageId: await around(() => api.copyImage(region, order)) }
    },
    async poll({ imageId }) {
      const image = await visible(api, region, imageId)
      if (image === undefined) return unseen(imageId, `copying to ${region}`)
      if (image.state === 'pending') return { busy: `copying to ${region}` }
      if (copy.plain === true && image.encrypted)
        return {
          failed: `${region} encrypted the copy, and an encrypted image cannot be public`,
          hint: 'run the same command again: another program turned encryption by default on at the same moment',
        }
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

/** Removes an image and its snapshots; content when it is gone. */
export async function removeImage(api: AwsApi, region: string, id: string): Promise<void> {
  const image = await visible(api, region, id)
  if (image === undefined) return
  await unlessGone(api.deregisterImage(region, id))
  for (const snapshot of image.snapshots) await unlessGone(api.deleteSnapshot(region, snapshot))
}

function withoutReserved(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:')))
}
