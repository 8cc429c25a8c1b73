import { SindriError } from '../../core/error.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import type { AwsApi, AwsImage } from './port.ts'
import { tag } from './tags.ts'

/** Sindri's AMIs: listed by tag, removed together with their snapshots. */
export function awsImages(api: AwsApi): Images {
  return {
    async list(region, { namePrefix = '', fingerprint, release }) {
      const tags = {
        ...(fingerprint === undefined ? {} : { [tag.fingerprint]: fingerprint }),
        [tag.release]: release ?? '*',
      }
      const found = await api.images(region, { tags })
      return found
        .filter((image) => image.name.startsWith(namePrefix))
        .map((image) => cloudImage(image, region))
        .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    },

    async get(region, id) {
      const [found] = await api.images(region, { ids: [id] }).catch(gone)
      if (found === undefined) {
        throw new SindriError('not-found', `there is no image ${id} in ${region}`, {
          hint: "'sindri vm list --cloud aws' shows the images; --region chooses another region",
        })
      }
      return cloudImage(found, region)
    },

    async copiesOf(image) {
      const { release } = image
      if (release === undefined) return []
      const others = (await api.regions(image.region)).filter((region) => region !== image.region)
      const found = await Promise.all(
        others.map(async (region) =>
          (await api.images(region, { tags: { [tag.release]: release } })).map((copy) => cloudImage(copy, region)),
        ),
      )
      return found.flat()
    },

    async remove({ id, region }) {
      const [image] = await api.images(region, { ids: [id] }).catch(gone)
      if (image === undefined) return
      await unlessGone(api.deregisterImage(region, id))
      for (const snapshot of image.snapshots) await unlessGone(api.deleteSnapshot(region, snapshot))
    },
  }
}

function gone(error: unknown): readonly AwsImage[] {
  if (error instanceof SindriError && error.code === 'not-found') return []
  throw error
}

function cloudImage(image: AwsImage, region: string): CloudImage {
  return {
    id: image.id,
    name: image.name,
    region,
    state: image.state,
    createdAt: image.createdAt,
    sindriVersion: image.tags[tag.version],
    release: image.tags[tag.release],
    fingerprint: image.tags[tag.fingerprint],
    base: image.tags[tag.base],
    sshUser: image.tags[tag.sshUser],
    tags: image.tags,
  }
}
