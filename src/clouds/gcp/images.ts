import { SindriError } from '../../core/error.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { isGone, unlessGone } from '../gone.ts'
import { cloudImage, newestFirst } from '../image.ts'
import { label, versionOf } from './labels.ts'
import type { GcpApi, GcpImage } from './port.ts'

/** Sindri's images, listed by label. They are global: the zone they are asked for from is kept as their region. */
export function gcpImages(api: GcpApi): Images {
  return {
    async list(zone, { namePrefix = '', fingerprint, release }) {
      const labels = {
        ...(fingerprint === undefined ? {} : { [label.fingerprint]: fingerprint }),
        [label.release]: release ?? '*',
      }
      const found = (await api.images({ labels })).map((image) => told(image, zone))
      return newestFirst(found, namePrefix)
    },

    async get(zone, id) {
      try {
        return told(await api.image(nameIn(id, api.imageProject)), zone)
      } catch (error) {
        if (!isGone(error)) throw error
        throw new SindriError('not-found', `there is no image ${id} in ${api.imageProject}`, {
          hint: "'sindri vm list --cloud gcp' shows the images by name; gcp.project_id chooses another project",
          cause: error,
        })
      }
    },

    newest: async (zone, family) => told(await api.imageFromFamily(family), zone),
    copiesOf: async () => [],
    remove: ({ id }) => unlessGone(api.deleteImage(id)),
  }
}

/** The name in what may be a full or partial URL. An image of another project is not looked for. */
function nameIn(id: string, project: string): string {
  const [, own, name] = /(?:^|\/)projects\/([^/]+)\/global\/images\/([^/]+)$/.exec(id) ?? []
  if (own === undefined || name === undefined) return id
  if (own === project) return name
  throw new SindriError('not-found', `${id} is of another project than ${project}`, {
    hint: `set gcp.image_project_id: ${own}`,
  })
}

/** Google's states in the words all clouds share. https://cloud.google.com/compute/docs/reference/rest/v1/images (status) */
const states: Readonly<Record<string, string>> = { READY: 'available', PENDING: 'pending', FAILED: 'failed' }

function told({ name, status, createdAt, labels }: GcpImage, zone: string): CloudImage {
  const state = states[status] ?? status.toLowerCase()
  // Google writes the offset of its own time zone.
  const own = { id: name, name, region: zone, state, createdAt: new Date(createdAt).toISOString(), tags: labels }
  const image = cloudImage(own, label)
  return { ...image, sindriVersion: versionOf(image.sindriVersion), base: versionOf(image.base) }
}
