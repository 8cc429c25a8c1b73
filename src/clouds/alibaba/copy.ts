import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Got, type Step, step } from '../../core/step.ts'
import type { MadeImage } from '../cloud.ts'
import { tag } from '../tags.ts'
import { removeImage } from './images.ts'
import type { AlibabaApi, AlibabaImage, Tags } from './port.ts'

/** A copy of an image in another region. */
export interface Copy {
  readonly id: string
  readonly region: string
  /** What is copied; it is made by `after`, or was there before. */
  readonly original: (got: Got) => Pick<MadeImage, 'id' | 'region'>
  readonly after?: readonly Step<unknown>[]
  /** What the images of its release carry as a tag. */
  readonly release: string
  /** What it is called in a title. */
  readonly title: string
  /** What the copy is called. */
  readonly name: string
  /** What it carries besides the tags of the original, and says of itself, where it is to be another image. */
  readonly as?: { readonly description: string; readonly tags: Tags }
  readonly from: { readonly region: string; readonly fingerprint: string }
  readonly encrypted: boolean
  readonly kmsKeyId?: string | undefined
  readonly bestEffort?: boolean
}

/**
 * CopyImage begins a copy once for each token. Of those out of one region five are carried out at once, and the others
 * wait: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-copyimage (2026-11).
 */
export function copyStep(api: AlibabaApi, copy: Copy): Step<MadeImage> {
  const { region, release, name, from, encrypted, kmsKeyId } = copy
  const inputs = digest({ from: from.region, fingerprint: from.fingerprint, region, name, encrypted, kmsKeyId })
  const made = (image: AlibabaImage): MadeImage => ({ id: image.id, region, name: image.name })
  const ours = (): Promise<readonly AlibabaImage[]> =>
    api.images(region, { tags: { [tag.release]: release, [tag.digest]: '*' } })

  return step<MadeImage, { readonly imageId: string }>(copy.id, {
    title: `copy ${copy.title} to ${region}`,
    after: copy.after ?? [],
    bestEffort: copy.bestEffort ?? false,
    digest: inputs,
    pollEveryMs: 5_000,
    async find() {
      const found = (await ours()).find((image) => image.status === 'Available')
      return found && { digest: found.tags[tag.digest], out: made(found) }
    },
    async start(got, token) {
      const all = await ours()
      const begun = all.find((image) => image.status === 'Creating' || image.status === 'Waiting')
      if (begun !== undefined) return { imageId: begun.id }
      // One that failed still has the name.
      for (const { id, status } of all) if (status === 'CreateFailed') await removeImage(api, region, id)
      const source = copy.original(got)
      const [image] = await api.images(source.region, { id: source.id })
      if (image === undefined) throw new SindriError('not-found', `image ${source.id} is gone from ${source.region}`)
      const { description, tags } = { ...image, ...copy.as }
      const imageId = await api.copyImage(source.region, {
        ...{ source: source.id, to: region, name, description, encrypted, kmsKeyId },
        // Of another original it is another copy, also where nobody remembers the first.
        token: digest({ token, source: source.id }),
        tags: { ...image.tags, ...tags, [tag.digest]: inputs },
      })
      return { imageId }
    },
    async poll({ imageId }) {
      const [image] = await api.images(region, { id: imageId })
      if (image === undefined) return { busy: `copying to ${region}` }
      if (image.status === 'Available') return { done: made(image) }
      if (image.status === 'Creating' || image.status === 'Waiting') return { busy: `copying to ${region}` }
      return { failed: `Alibaba Cloud reports ${image.status}` }
    },
    sweep: ({ imageId }) => removeImage(api, region, imageId),
    undo: ({ id }) => removeImage(api, region, id),
  })
}
