import { SindriError } from '../../core/error.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { isGone, unlessGone } from '../gone.ts'
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
      return (await api.images({ labels }))
        .filter((image) => image.name.startsWith(namePrefix))
        .map((image) => cloudImage(image, zone))
        .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    },

    async get(zone, id) {
      try {
        return cloudImage(await api.image(nameIn(id, api.imageProject)), zone)
      } catch (error) {
        if (!isGone(error)) throw error
        throw new SindriError('not-found', `there is no image ${id} in ${api.imageProject}`, {
          hint: "'sindri vm list --cloud gcp' shows the images by name; gcp.project_id chooses another project",
          cause: error,
        })
      }
    },

    newest: async (zone, family) => cloudImage(await api.imageFromFamily(family), zone),
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

function cloudImage(image: GcpImage, zone: string): CloudImage {
  return {
    id: image.name,
    name: image.name,
    region: zone,
    state: states[image.status] ?? image.status.toLowerCase(),
    // Google writes the offset of its own time zone.
    createdAt: new Date(image.createdAt).toISOString(),
    sindriVersion: versionOf(image.labels[label.version]),
    release: image.labels[label.release],
    fingerprint: image.labels[label.fingerprint],
    base: versionOf(image.labels[label.base]),
    sshUser: image.labels[label.sshUser],
    tags: image.labels,
  }
}
