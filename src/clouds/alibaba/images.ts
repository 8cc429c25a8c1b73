import { SindriError } from '../../core/error.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { cloudImage, copiesElsewhere, newestFirst } from '../image.ts'
import { tag } from '../tags.ts'
import type { AlibabaApi, AlibabaImage } from './port.ts'

/** Sindri's custom images: listed by tag, removed together with their snapshots. */
export function alibabaImages(api: AlibabaApi): Images {
  async function found(region: string, tags: Readonly<Record<string, string>>): Promise<readonly CloudImage[]> {
    return (await api.images(region, { tags })).map((image) => told(image, region))
  }

  async function get(region: string, id: string): Promise<CloudImage> {
    const [image] = await api.images(region, { id })
    if (image !== undefined) return told(image, region)
    throw new SindriError('not-found', `there is no image ${id} in ${region}`, {
      hint: "'sindri vm list --cloud alibaba' shows the images; --region chooses another region",
    })
  }

  return {
    async list(region, { namePrefix = '', fingerprint, release }) {
      const tags = {
        ...(fingerprint === undefined ? {} : { [tag.fingerprint]: fingerprint }),
        [tag.release]: release ?? '*',
      }
      return newestFirst(await found(region, tags), namePrefix)
    },

    get,
    newest: async (region, family) => get(region, await api.newestOf(region, family)),
    copiesOf: async (image) =>
      copiesElsewhere(image, await api.regions(), (region, release) => found(region, { [tag.release]: release })),
    remove: ({ id, region }) => removeImage(api, region, id),
  }
}

/** On the snapshots of an image that is being removed, which it. */
const ofImage = 'sindri:image'

/**
 * Removes an image and its snapshots; content when it is gone. A copy that is not done is ended, a shared image taken back
 * first. Its snapshots outlive it, and are marked before: so they are found when their removal was cut short.
 */
export async function removeImage(api: AlibabaApi, region: string, id: string): Promise<void> {
  const [image] = await api.images(region, { id })
  if (image !== undefined) {
    if (image.copied && image.status !== 'Available') await unlessGone(api.cancelCopy(region, id))
    if (image.status === 'Available') {
      if (image.public) await api.setPublic(region, id, false)
      const readers = await api.readers(region, id)
      if (readers.length > 0) await api.changeReaders(region, id, { add: [], remove: readers })
      if (image.snapshots.length > 0) await unlessGone(api.tag(region, 'snapshot', image.snapshots, { [ofImage]: id }))
    }
    await unlessGone(api.deleteImage(region, id))
  }
  const snapshots = new Set([...(image?.snapshots ?? []), ...(await api.snapshots(region, { [ofImage]: id }))])
  for (const snapshot of snapshots) await unlessGone(api.deleteSnapshot(region, snapshot))
}

/** Alibaba Cloud's states in the words all clouds share. */
const states: Readonly<Record<string, string>> = {
  Available: 'available',
  Creating: 'pending',
  Waiting: 'pending',
  CreateFailed: 'failed',
}

function told({ id, name, status, createdAt, tags }: AlibabaImage, region: string): CloudImage {
  const state = states[status] ?? status.toLowerCase()
  // Alibaba Cloud leaves the milliseconds out.
  return cloudImage({ id, name, region, state, createdAt: new Date(createdAt).toISOString(), tags }, tag)
}
