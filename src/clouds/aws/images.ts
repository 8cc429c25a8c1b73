import { SindriError } from '../../core/error.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { cloudImage, copiesElsewhere, newestFirst } from '../image.ts'
import { tag } from '../tags.ts'
import type { AwsApi, AwsImage } from './port.ts'

/** Sindri's AMIs: listed by tag, removed together with their snapshots. */
export function awsImages(api: AwsApi): Images {
  async function found(region: string, tags: Readonly<Record<string, string>>): Promise<readonly CloudImage[]> {
    return (await api.images(region, { tags })).map((image) => told(image, region))
  }

  return {
    async list(region, { namePrefix = '', fingerprint, release }) {
      const tags = {
        ...(fingerprint === undefined ? {} : { [tag.fingerprint]: fingerprint }),
        [tag.release]: release ?? '*',
      }
      return newestFirst(await found(region, tags), namePrefix)
    },

    async get(region, id) {
      const [image] = await api.images(region, { ids: [id] }).catch(gone)
      if (image === undefined) {
        throw new SindriError('not-found', `there is no image ${id} in ${region}`, {
          hint: "'sindri vm list --cloud aws' shows the images; --region chooses another region",
        })
      }
      return told(image, region)
    },

    copiesOf: async (image) =>
      copiesElsewhere(image, await api.regions(image.region), (region, release) =>
        found(region, { [tag.release]: release }),
      ),

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

function told({ id, name, state, createdAt, tags }: AwsImage, region: string): CloudImage {
  return cloudImage({ id, name, region, state, createdAt, tags }, tag)
}
