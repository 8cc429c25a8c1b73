import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import { tag } from '../tags.ts'
import type { Bucket, OciDiskApi } from './disk-port.ts'
import { objectSink } from './object-sink.ts'
import type { OciImage } from './port.ts'
import { isObjectOf, objectName, removeTemporary } from './temporary.ts'

/** The disk as an object. It is not kept: once every region has its image nothing needs it. */
export interface SentDisk {
  readonly bucket: Bucket
  readonly object: string
}

/** The bucket that disks pass through. */
export async function bucketOf(api: OciDiskApi, { regions, bucket: name }: OciReleaseSettings): Promise<Bucket> {
  const [region = ''] = regions
  return { region, namespace: await api.namespace(region), name }
}

/** The images of this release in a region that are not gone: one, unless two runs knew nothing of each other. */
export async function imagesOfRelease(
  api: OciDiskApi,
  { compartmentOcid }: OciReleaseSettings,
  { key }: Pick<Publication, 'key'>,
  region: string,
): Promise<readonly OciImage[]> {
  return (await api.images(region, compartmentOcid)).filter(
    ({ state, tags }) => tags[tag.release] === key && tags[tag.digest] !== undefined && state !== 'DELETED',
  )
}

/** True for an image that can be used; one that is exported can be used meanwhile. */
export function stands(image: Pick<OciImage, 'state'> | undefined): boolean {
  return image?.state === 'AVAILABLE' || image?.state === 'EXPORTING'
}

/** Sends the disk to the bucket of the first region. Done as well where every region has its image of it. */
export function objectStep(api: OciDiskApi, settings: OciReleaseSettings, publication: Publication): Step<SentDisk> {
  const [home = ''] = settings.regions
  const { disk, key, name } = publication
  const object = objectName(publication)
  const inputs = digest({ disk: disk.digest })
  const metadata = { name, release: key, fingerprint: disk.digest, digest: inputs }

  /** Of another disk; or this one where it is not needed any more. */
  async function imported(): Promise<'another' | 'everywhere' | 'not everywhere'> {
    const images = await Promise.all(
      settings.regions.map(async (region) => {
        try {
          return (await imagesOfRelease(api, settings, publication, region))[0] ?? 'none'
        } catch (error) {
          if (!settings.bestEffortRegions.includes(region)) throw error
          return 'unknown'
        }
      }),
    )
    const found = images.filter((image) => typeof image === 'object')
    if (found.some(({ tags }) => tags[tag.fingerprint] !== disk.digest)) return 'another'
    const lacking = images.includes('none') || found.length === 0 || !found.every(stands)
    return lacking ? 'not everywhere' : 'everywhere'
  }

  return step<SentDisk, { readonly bucket: Bucket; readonly uploadId: string }>(`oci/object/${home}`, {
    title: `send ${name} to the bucket ${settings.bucket} in ${home}`,
    digest: inputs,
    async find() {
      const bucket = await bucketOf(api, settings)
      const out = { bucket, object }
      const images = await imported()
      if (images === 'another') return { digest: undefined, out }
      const objects = (await api.objects(bucket, `${key}-`)).filter((one) => isObjectOf(key, one))
      if (objects.some((one) => one !== object)) return { digest: undefined, out }
      if (images === 'everywhere') return { digest: inputs, out }
      const there = objects.includes(object) ? await api.object(bucket, object) : undefined
      return there && { digest: there.metadata.digest, out }
    },
    async start() {
      const bucket = await bucketOf(api, settings)
      if ((await api.bucket(bucket)) === undefined) await api.createBucket(bucket, settings.bucketCompartmentOcid)
      const begun = (await api.uploads(bucket)).find((upload) => upload.object === object)
      return { bucket, uploadId: begun?.id ?? (await api.startUpload(bucket, object, metadata)) }
    },
    fill: ({ bucket, uploadId }) => objectSink(api, bucket, { object, id: uploadId }),
    async poll({ bucket, uploadId }) {
      if ((await api.object(bucket, object)) !== undefined) return { done: { bucket, object } }
      const left = (await api.uploads(bucket)).some(({ id }) => id === uploadId)
      return left ? { busy: `sending to ${bucket.name}` } : { failed: 'its upload was ended by somebody else' }
    },
    sweep: ({ bucket }) => removeTemporary(api, bucket, key),
    undo: ({ bucket }) => removeTemporary(api, bucket, key),
  })
}
