import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import { digest } from '../../core/digest.ts'
import { messageOf, SindriError } from '../../core/error.ts'
import { type Poll, type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { diskTags, tag } from '../tags.ts'
import { imagesOfRelease, type SentDisk, stands } from './disk-object.ts'
import type { Bucket, OciDiskApi } from './disk-port.ts'
import { objectName } from './temporary.ts'

/** How long an import may read the object. */
const accessMs = 6 * 60 * 60 * 1000
const deadlineMs = 4 * 60 * 60 * 1000

/** How often an image is looked for that a token has begun; then what it made is taken to be gone. */
const looks = 3

interface Begun {
  readonly imageId: string
  /** Empty where another run began it. */
  readonly workRequest: string
  readonly bucket: Bucket
}

/**
 * Imports the object into a region by a pre-authenticated request, which any region can read: the disk is sent once. It
 * serves the object's own region too, since federated users and instances cannot import by the name of a bucket:
 * https://docs.oracle.com/iaas/Content/Compute/Tasks/imageimportexport.htm (2026-11). The request is never written down.
 */
export function imageStep(
  api: OciDiskApi,
  settings: OciReleaseSettings,
  publication: Publication,
  sent: Step<SentDisk>,
  region: string,
): Step<MadeImage> {
  const { disk, name } = publication
  const { compartmentOcid: compartment } = settings
  const inputs = digest({ disk: disk.digest, region, compartment })
  let conflicts = 0
  const accessName = `sindri ${name} ${region}`
  const made = (id: string): MadeImage => ({ id, region, name })

  async function closeAccess(bucket: Bucket): Promise<void> {
    const object = objectName(publication)
    for (const access of await api.accesses(bucket, object))
      if (access.name === accessName) await unlessGone(api.deleteAccess(bucket, access.id))
  }

  async function begin({ bucket, object }: SentDisk, token: string): Promise<Begun> {
    const { etag } = (await api.object(bucket, object)) ?? {}
    if (etag === undefined)
      throw new SindriError('failed', `${bucket.name}/${object} is gone before ${region} has imported it`, {
        hint: 'run the same command again: it sends the disk anew',
      })
    const sourceUri = await api.createAccess(bucket, object, accessName, Date.now() + accessMs)
    const image = await api.importImage(region, {
      ...{ compartment, name, sourceUri },
      ...operatingSystemOf(publication),
      tags: diskTags(publication, inputs),
      // Of an object that was made anew it is another image.
      token: `${token} ${etag}${conflicts < looks ? '' : ` ${conflicts}`}`,
    })
    return { ...image, bucket }
  }

  return step<MadeImage, Begun>(`oci/image/${region}`, {
    title: `import ${name} into ${region}`,
    after: [sent],
    digest: inputs,
    bestEffort: settings.bestEffortRegions.includes(region),
    pollEveryMs: 10_000,
    deadlineMs,
    async find() {
      const [found] = await imagesOfRelease(api, settings, publication, region)
      return found !== undefined && stands(found) ? { digest: found.tags[tag.digest], out: made(found.id) } : undefined
    },
    async start(got, token) {
      const disk = got(sent)
      const [begun] = await imagesOfRelease(api, settings, publication, region)
      if (begun !== undefined) return { imageId: begun.id, workRequest: '', bucket: disk.bucket }
      try {
        return await begin(disk, token)
      } catch (error) {
        const code = error instanceof SindriError ? error.code : undefined
        // The token has begun an image that is not listed yet, or one that is gone.
        if (code === 'conflict') {
          conflicts += 1
          throw new SindriError('timeout', messageOf(error), { cause: error })
        }
        // Where no answer came the import may be reading.
        if (code !== 'timeout') await closeAccess(disk.bucket)
        throw error
      }
    },
    async poll({ imageId, workRequest, bucket }) {
      const image = await unlessGone(api.image(region, imageId))
      if (stands(image)) {
        await closeAccess(bucket)
        return { done: made(imageId) }
      }
      const poll = workRequest === '' ? undefined : await importPoll(api, region, workRequest)
      if (poll !== undefined) return poll
      if (image?.state === 'IMPORTING' || image?.state === 'PROVISIONING') return { busy: `importing into ${region}` }
      return { failed: `Oracle Cloud reports ${image?.state ?? 'no image'}` }
    },
    async sweep({ imageId, bucket }) {
      await closeAccess(bucket)
      await removeImage(api, region, compartment, imageId)
    },
    async undo({ id }) {
      const all = (await imagesOfRelease(api, settings, publication, region)).filter(
        ({ tags }) => tags[tag.digest] === inputs,
      )
      for (const each of new Set([id, ...all.map((image) => image.id)]))
        await removeImage(api, region, compartment, each)
    },
  })
}

/** What the work request tells; undefined where the image itself has to. */
async function importPoll(api: OciDiskApi, region: string, id: string): Promise<Poll<MadeImage> | undefined> {
  const progress = await unlessGone(api.importProgress(region, id))
  if (progress === undefined || progress.status === 'SUCCEEDED') return undefined
  if (progress.status === 'FAILED' || progress.status === 'CANCELED')
    return { failed: `the import is ${progress.status}: ${progress.errors.join('; ') || 'no reason given'}` }
  return { busy: `importing into ${region}`, fraction: progress.fraction }
}

/** Removes an image with what says how it is launched. */
async function removeImage(api: OciDiskApi, region: string, compartment: string, id: string): Promise<void> {
  const image = await unlessGone(api.image(region, id))
  if (image === undefined || image.state === 'DELETED') return
  for (const schema of await api.capabilities(region, compartment, id))
    await unlessGone(api.deleteCapabilities(region, schema.id))
  await unlessGone(api.deleteImage(region, id))
}

/** `debian`, `12` of `debian12`: words for people, by which Oracle Cloud lists images. */
function operatingSystemOf({ os }: Pick<Publication, 'os'>): {
  readonly operatingSystem: string
  readonly operatingSystemVersion: string
} {
  const [, name = os, version = ''] = /^(.*?)[-_.]?(\d[\w.-]*)$/.exec(os) ?? []
  return { operatingSystem: name || os, operatingSystemVersion: version || 'unknown' }
}
