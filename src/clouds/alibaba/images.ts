import { SindriError } from '../../core/error.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import type { AlibabaApi, AlibabaImage } from './port.ts'
import { tag } from './tags.ts'

/** Sindri's custom images: listed by tag, removed together with their snapshots. */
export function alibabaImages(api: AlibabaApi): Images {
  async function get(region: string, id: string): Promise<CloudImage> {
    const [found] = await api.images(region, { id })
    if (found !== undefined) return cloudImage(found, region)
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
      return (await api.images(region, { tags }))
        .filter((image) => image.name.startsWith(namePrefix))
        .map((image) => cloudImage(image, region))
        .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    },

    get,
    newest: async (region, family) => get(region, await api.newestOf(region, family)),
    async copiesOf({ release, region: own }) {
      if (release === undefined) return []
      const others = (await api.regions()).filter((region) => region !== own)
      const found = await Promise.all(
        others.map(async (region) =>
          (await api.images(region, { tags: { [tag.release]: release } })).map((copy) => cloudImage(copy, region)),
        ),
      )
      return found.flat()
    },

    remove: ({ id, region }) => removeImage(api, region, id),
  }
}

/** Removes an image and its snapshots; content when it is gone. A copy that is not done is ended, a shared image taken back first. */
export async function removeImage(api: AlibabaApi, region: string, id: string): Promise<void> {
  const [image] = await api.images(region, { id })
  if (image === undefined) return
  if (image.copied && image.status !== 'Available') await unlessGone(api.cancelCopy(region, id))
  if (image.status === 'Available') {
    const readers = await api.readers(region, id)
    if (readers.length > 0) await api.changeReaders(region, id, { add: [], remove: readers })
  }
  await unlessGone(api.deleteImage(region, id))
  for (const snapshot of image.snapshots) await unlessGone(api.deleteSnapshot(region, snapshot))
}

/** Alibaba Cloud's states in the words all clouds share. */
const states: Readonly<Record<string, string>> = {
  Available: 'available',
  Creating: 'pending',
  Waiting: 'pending',
  CreateFailed: 'failed',
}

function cloudImage(image: AlibabaImage, region: string): CloudImage {
  return {
    id: image.id,
    name: image.name,
    region,
    state: states[image.status] ?? image.status.toLowerCase(),
    // Alibaba Cloud leaves the milliseconds out.
    createdAt: new Date(image.createdAt).toISOString(),
    sindriVersion: image.tags[tag.version],
    release: image.tags[tag.release],
    fingerprint: image.tags[tag.fingerprint],
    base: image.tags[tag.base],
    sshUser: image.tags[tag.sshUser],
    tags: image.tags,
  }
}
