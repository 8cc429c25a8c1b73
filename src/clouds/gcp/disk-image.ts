import type { GcpReleaseSettings } from '../../config/targets/gcp.ts'
import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { isGone, unlessGone } from '../gone.ts'
import { type GcpApis, imagesOf, objectsOf } from './disk-find.ts'
import { imageLabels, imageName } from './disk-names.ts'
import { label, labelDigest, resourceName } from './labels.ts'
import type { GcpImage } from './port.ts'
import type { GcpDiskSettings } from './secure-boot-keys.ts'
import { architectures } from './settings.ts'

/** What Packer, Terraform and gcloud take in place of the name. */
export function referenceOf(project: string): (image: MadeImage) => string {
  return ({ id }) => `projects/${project}/global/images/${id}`
}

/** https://cloud.google.com/compute/docs/images/create-custom#guest-os-features (2026-11): without it an image boots by BIOS. */
function featuresOf({ guestOsFeatures }: GcpReleaseSettings, { disk }: Publication): readonly string[] {
  const firmware = disk.firmware === 'bios' ? [] : ['UEFI_COMPATIBLE']
  return [...new Set([...firmware, ...guestOsFeatures])].sort()
}

/** An image in the making; the operation is empty where an earlier run began it. */
interface Making {
  readonly name: string
  readonly operation: string
}

/**
 * An image of the packed disk, or of the image in the first location. A name is taken once in a project, and the same
 * `requestId` begins it once. The object goes when its image stands: the step is not done before it is gone.
 */
export function imageStep(
  apis: GcpApis,
  settings: GcpDiskSettings,
  publication: Publication,
  region: string,
  from: { readonly sent: Step<string> } | { readonly original: Step<MadeImage> },
): Step<MadeImage> {
  const { images: api, disks } = apis
  const { bucket, secureBootKeys } = settings
  const [home = ''] = settings.regions
  const name = imageName(publication, home, region)
  const properties = {
    architecture: architectures[publication.disk.architecture],
    guestOsFeatures: featuresOf(settings, publication),
  }
  const keys = secureBootKeys && JSON.stringify(secureBootKeys)
  const inputs = digest({ disk: publication.disk.digest, region, ...properties, ...(keys !== undefined && { keys }) })
  const isSame = ({ labels }: GcpImage): boolean => labels[label.digest] === labelDigest(inputs)
  const objects = async (): Promise<readonly string[]> =>
    'sent' in from ? (await objectsOf(disks, bucket, publication.key)).map((object) => object.name) : []
  return step<MadeImage, Making>(`gcp/image/${region}`, {
    title: `image ${name} in ${region}`,
    after: ['sent' in from ? from.sent : from.original],
    digest: inputs,
    bestEffort: settings.bestEffortRegions.includes(region),
    pollEveryMs: 2_000,
    async find() {
      const [found] = await imagesOf(apis, publication, region)
      if (found === undefined) return undefined
      const { image } = found
      const same = isSame(image)
      if (same && (image.status !== 'READY' || (await objects()).length > 0)) return undefined
      return { digest: same ? inputs : undefined, out: { id: image.name, region, name: image.name } }
    },
    async start(got, token) {
      const [begun] = await imagesOf(apis, publication, region)
      if (begun !== undefined && isSame(begun.image)) return { name: begun.image.name, operation: '' }
      const source = 'sent' in from ? { bucket, object: got(from.sent) } : { image: got(from.original).name }
      const labels = imageLabels(publication, region, inputs)
      const image = {
        ...{ name, description: publication.name, source, ...properties, storageLocation: region, labels },
        ...(secureBootKeys !== undefined && { shieldedInstanceInitialState: secureBootKeys }),
      }
      try {
        return { name, operation: await disks.insertImage(image, token) }
      } catch (error) {
        // Another runner of this release may have begun it meanwhile.
        const [other] = isTaken(error) ? await imagesOf(apis, publication, region) : []
        if (other === undefined || !isSame(other.image)) throw error
        return { name: other.image.name, operation: '' }
      }
    },
    async poll({ name: id, operation }) {
      // Google forgets an operation after two weeks; then the image alone tells.
      const told = operation === '' ? undefined : await unlessGone(disks.operation(operation))
      if (told?.problem !== undefined) return { failed: `Google reports: ${told.problem}` }
      const image = await api.image(id).catch((error: unknown) => {
        if (isGone(error)) return undefined
        throw error
      })
      if (image === undefined)
        // Of a request that an earlier run made, too: its answer is what it was then.
        return told?.done === false ? { busy: `making ${id}` } : { failed: `image ${id} is gone`, again: true }
      if (image.status === 'FAILED') return { failed: `Google reports that image ${id} has failed` }
      if (image.status !== 'READY') return { busy: `image ${id} is ${image.status.toLowerCase()}` }
      for (const object of await objects()) await unlessGone(disks.deleteObject(bucket, object))
      return { done: { id, region, name: id } }
    },
    async sweep({ name: id }) {
      const [left] = await api.images({ name: id })
      if (left?.labels[label.release] === resourceName(publication.key)) await unlessGone(api.deleteImage(id))
    },
    undo: ({ id }) => unlessGone(api.deleteImage(id)),
  })
}

function isTaken(error: unknown): boolean {
  return error instanceof SindriError && error.code === 'conflict'
}
