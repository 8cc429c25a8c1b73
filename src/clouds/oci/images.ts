import { SindriError } from '../../core/error.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { isGone } from '../gone.ts'
import { cloudImage, newestFirst } from '../image.ts'
import { tag } from '../tags.ts'
import type { OciApi, OciImage } from './port.ts'

/** Sindri's images of a region, told by their tags, by which Oracle Cloud cannot be asked. Copies are other images. */
export function ociImages(api: OciApi): Images {
  const regionOf = async (region: string): Promise<string> => region || api.region()
  return {
    async list(asked, { namePrefix = '', fingerprint, release }) {
      const region = await regionOf(asked)
      const found = (await api.images(region, release === undefined ? {} : { name: release }))
        .filter(({ tags, state }) => tags[tag.release] !== undefined && state !== 'DELETED')
        .filter(({ tags }) => release === undefined || tags[tag.release] === release)
        .filter(({ tags }) => fingerprint === undefined || tags[tag.fingerprint] === fingerprint)
        .map((image) => told(image, region))
      return newestFirst(found, namePrefix)
    },

    async get(asked, id) {
      const region = await regionOf(asked)
      try {
        const image = await api.image(region, id)
        if (image.state !== 'DELETED') return told(image, region)
      } catch (error) {
        if (!isGone(error)) throw error
      }
      throw new SindriError('not-found', `there is no image ${id} in ${region}, or it may not be read`, {
        hint: "'sindri vm list --cloud oci' shows the images of oci.image_compartment_ocid; --region chooses another region",
      })
    },

    copiesOf: async () => [],
    remove: ({ region, id }) => api.deleteImage(region, id),
  }
}

/** Oracle's states in the words all clouds share. https://docs.oracle.com/iaas/api/#/en/iaas/20160918/Image (lifecycleState, 2026-11) */
const states: Readonly<Record<string, string>> = {
  AVAILABLE: 'available',
  PROVISIONING: 'pending',
  IMPORTING: 'pending',
}

function told({ id, name, state, createdAt, tags }: OciImage, region: string): CloudImage {
  const shared = states[state] ?? state.toLowerCase()
  return cloudImage({ id, name, region, state: shared, createdAt: new Date(createdAt).toISOString(), tags }, tag)
}
