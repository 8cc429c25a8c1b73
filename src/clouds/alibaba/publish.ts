import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import type { Setting } from '../../core/setting.ts'
import { type Step, step } from '../../core/step.ts'
import type { Release } from '../../release/release.ts'
import type { MadeImage, Publish } from '../cloud.ts'
import { tag } from '../tags.ts'
import { removeImage } from './images.ts'
import type { AlibabaApi, AlibabaImage, Tags } from './port.ts'
import type { AlibabaImageSettings } from './settings.ts'
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
      const copies = regions.map((region) => copyStep(api, settings, release, built, region))
      const all = [built, ...copies]
      const places: readonly (readonly [Step<MadeImage>, string])[] = [
        [built, release.region],
        ...copies.map((copy, index) => [copy, regions[index] ?? ''] as const),
      ]
      return {
        copies,
        settings: places.flatMap(([image, region]) => [
          readers(api, settings, image, region, all),
          ...family(api, settings, image, region, all),
        ]),
      }
    },
  }
}

/** CopyImage begins a copy once for each token: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-copyimage (2026-11). */
function copyStep(
  api: AlibabaApi,
  settings: AlibabaImageSettings,
  release: Release,
  built: Step<MadeImage>,
  region: string,
): Step<MadeImage> {
  const name = nameOf(settings, region) ?? release.name
  const encrypted = settings.imageEncrypted === true
  const kmsKeyId = encrypted ? keyOf(settings, region) : undefined
  const inputs = digest({ from: release.region, fingerprint: release.fingerprint, region, name, encrypted, kmsKeyId })
  const made = (image: AlibabaImage): MadeImage => ({ id: image.id, region, name: image.name })
  const ours = (): Promise<readonly AlibabaImage[]> =>
    api.images(region, { tags: { [tag.release]: release.name, [tag.digest]: '*' } })

  return step<MadeImage, { readonly imageId: string }>(`copy/${region}`, {
    title: `copy ${release.name} to ${region}`,
    after: [built],
    digest: inputs,
    pollEveryMs: 5_000,
    async find() {
      const found = (await ours()).find((image) => image.status === 'Available')
      return found && { digest: found.tags[tag.digest], out: made(found) }
    },
    async start(got, token) {
      const begun = (await ours()).find((image) => image.status === 'Creating' || image.status === 'Waiting')
      if (begun !== undefined) return { imageId: begun.id }
      const source = got(built)
      const [original] = await api.images(source.region, { id: source.id })
      if (original === undefined) throw new SindriError('not-found', `image ${source.id} is gone from ${source.region}`)
      const { description, tags } = original
      const imageId = await api.copyImage(source.region, {
        ...{ source: source.id, to: region, name, description, encrypted, kmsKeyId },
        token,
        tags: { ...tags, [tag.digest]: inputs },
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

function readers(
  api: AlibabaApi,
  settings: AlibabaImageSettings,
  image: Step<MadeImage>,
  region: string,
  after: readonly Step<unknown>[],
): Setting {
  const wanted = settings.imageShareAccount
  return {
    id: `readers/${region}`,
    title: `readers of the image in ${region}`,
    after,
    want: readerText(wanted),
    read: async (got) => readerText(await api.readers(region, got(image).id)),
    async write(got) {
      const present = await api.readers(region, got(image).id)
      await api.changeReaders(region, got(image).id, {
        add: wanted.filter((one) => !present.includes(one)),
        remove: present.filter((one) => !wanted.includes(one)),
      })
    },
  }
}

/** Whoever launches from the family gets the image, so it joins it last. An image is not taken out of one. */
function family(
  api: AlibabaApi,
  { targetImageFamily: wanted }: AlibabaImageSettings,
  image: Step<MadeImage>,
  region: string,
  after: readonly Step<unknown>[],
): readonly Setting[] {
  if (wanted === undefined) return []
  const setting: Setting = {
    id: `family/${region}`,
    title: `family of the image in ${region}`,
    after,
    want: wanted,
    read: async (got) => (await api.images(region, { id: got(image).id }))[0]?.family ?? 'none',
    write: (got) => api.setFamily(region, got(image).id, wanted),
  }
  return [setting]
}

function readerText(accounts: readonly string[]): string {
  if (accounts.length === 0) return 'private'
  return accounts
    .map((id) => `account ${id}`)
    .sort()
    .join(', ')
}
