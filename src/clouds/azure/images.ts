import { SindriError } from '../../core/error.ts'
import { releasedAt } from '../../release/name.ts'
import type { CloudImage, Images } from '../cloud.ts'
import { isGone, unlessGone } from '../gone.ts'
import { cloudImage, newestFirst } from '../image.ts'
import { tag } from '../tags.ts'
import { defaultUser } from './launch.ts'
import type { AzureApi, AzureImage } from './port.ts'
import { isSameId } from './resource-id.ts'

/** Where images are. */
export interface ImagePlaces {
  /** Resource group of managed images. */
  readonly group: string
  /** Id of the gallery image whose versions the config makes. */
  readonly definition: string | undefined
}

/**
 * Sindri's images, found by their tags: the managed images of the resource group, and the versions of the config's gallery
 * image. Replicas of a version have no id of their own, so there are no copies; the location an image is asked for from is
 * kept as its region.
 */
export function azureImages(api: AzureApi, { group, definition }: ImagePlaces): Images {
  async function all(): Promise<readonly AzureImage[]> {
    const [versions, managed] = await Promise.all([
      definition === undefined ? [] : unlessGone(api.versions(definition)),
      unlessGone(api.managedImages(group)),
    ])
    // Of a release that starts from a managed image the builder makes both: the version is what was asked for.
    const releases = new Set(versions?.map((version) => version.tags[tag.release]))
    return [...(versions ?? []), ...(managed ?? []).filter((image) => !releases.has(image.tags[tag.release]))]
  }

  async function byReference(id: string): Promise<AzureImage> {
    if (!id.startsWith('/')) return api.image(`${managedImages(api, group)}/${id}`)
    if (/\/galleries\/[^/]+\/images\/[^/]+$/i.test(id)) return latest(id, await api.versions(id))
    return api.image(id)
  }

  return {
    async list(region, { namePrefix = '', fingerprint, release }) {
      const found = (await all())
        .filter(({ locations }) => locations.includes(region))
        .map((image) => told(image, region))
        .filter((image) => image.release !== undefined && (release === undefined || image.release === release))
        .filter((image) => fingerprint === undefined || image.fingerprint === fingerprint)
      return newestFirst(found, namePrefix)
    },

    async get(region, id) {
      try {
        return told(await byReference(id), region)
      } catch (error) {
        if (!isGone(error)) throw error
        throw new SindriError('not-found', `there is no image ${id} in the subscription ${api.subscription}`, {
          hint: "'sindri vm list --cloud azure' shows the images by id; a name alone is looked for in azure.resource_group",
          cause: error,
        })
      }
    },

    copiesOf: async () => [],
    async remove({ id, release }) {
      await unlessGone(api.delete(id))
      if (release === undefined || !isVersion(id)) return
      const beside = `${managedImages(api, group)}/${release}`
      const found = await unlessGone(api.image(beside))
      if (found?.tags[tag.release] === release && !isSameId(beside, id)) await unlessGone(api.delete(beside))
    },
  }
}

function managedImages(api: AzureApi, group: string): string {
  return `/subscriptions/${api.subscription}/resourceGroups/${group}/providers/Microsoft.Compute/images`
}

function isVersion(id: string): boolean {
  return /\/versions\/[^/]+$/i.test(id)
}

/** What Azure itself takes when no version is named: the highest that is not excluded. */
function latest(definition: string, versions: readonly AzureImage[]): AzureImage {
  const numbers = ({ name }: AzureImage): readonly number[] => name.split('.').map(Number)
  const [newest] = versions
    .filter(({ version, state }) => !version.excludedFromLatest && state === 'Succeeded')
    .sort((a, b) => {
      const [one, other] = [numbers(a), numbers(b)]
      const index = one.findIndex((number, at) => number !== other[at])
      return (other[index] ?? 0) - (one[index] ?? 0)
    })
  if (newest === undefined) throw new SindriError('not-found', `${definition} has no version to choose`)
  return newest
}

/** Azure's states in the words all clouds share. */
const states: Readonly<Record<string, string>> = {
  Succeeded: 'available',
  // Something about it is being changed; it can be used meanwhile.
  Updating: 'available',
  Creating: 'pending',
  Failed: 'failed',
}

function told(image: AzureImage, region: string): CloudImage {
  const { id, tags } = image
  const release = tags[tag.release]
  const name = release ?? image.name
  const state = states[image.state] ?? image.state.toLowerCase()
  const createdAt = image.createdAt === undefined ? madeAt(release) : new Date(image.createdAt).toISOString()
  return { ...cloudImage({ id, name, region, state, createdAt, tags }, tag), sshUser: defaultUser }
}

/** Of managed images Azure tells no time; a release has it in its name. */
function madeAt(release: string | undefined): string {
  return /-\d{9,11}$/.test(release ?? '') ? releasedAt(release ?? '') : new Date(0).toISOString()
}
