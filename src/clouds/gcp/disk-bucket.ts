import type { GcpReleaseSettings } from '../../config/targets/gcp.ts'
import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import { unlessGone } from '../gone.ts'
import { type GcpApis, imagesOf, objectsOf } from './disk-find.ts'
import { objectKey, objectName } from './disk-names.ts'
import type { GcpBucket, GcpDiskApi, GcpObject } from './disk-port.ts'
import { label } from './labels.ts'
import { arrivedKey, objectSink } from './object-sink.ts'

/** The bucket the disk is sent to. When its image stands it is not needed any more, and may be gone. */
export function bucketStep(apis: GcpApis, settings: GcpReleaseSettings, publication: Publication): Step<string> {
  const { bucket: name } = settings
  const [home = ''] = settings.regions
  const { disks: api } = apis
  // Whichever it is now: an image does not differ by the bucket it came through.
  const inputs = digest('bucket')
  return step<string, null>('gcp/bucket', {
    title: `bucket ${name}`,
    digest: inputs,
    async find() {
      const there = (await api.bucket(name)) !== undefined || (await imagesOf(apis, publication, home)).length > 0
      return there ? { digest: inputs, out: name } : undefined
    },
    async start() {
      try {
        await api.insertBucket(name, home, { [label.managed]: 'true' })
      } catch (error) {
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
        if ((await api.bucket(name)) !== undefined) return null
        throw new SindriError('conflict', `the bucket ${name} belongs to somebody else`, {
          hint: 'names of buckets are the same for all the world: choose another in release.targets.gcp.bucket',
          cause: error,
        })
      }
      return null
    },
    poll: async () => ({ done: name }),
    undo: () => removeBucket(api, name),
  })
}

/** Only one that was made here, and with nothing in it: another release may be using it. */
async function removeBucket(api: GcpDiskApi, name: string): Promise<void> {
  const bucket: GcpBucket | undefined = await api.bucket(name)
  if (bucket?.labels[label.managed] !== 'true') return
  try {
    await unlessGone(api.deleteBucket(name))
  } catch (error) {
    if (!(error instanceof SindriError && error.code === 'conflict')) throw error
  }
}

interface Sending {
  /** Opens the upload to whoever has it, for a week; what arrived is compared before it is used. */
  readonly upload: string
}

/** The packed disk as an object, till its image stands: then it counts as sent. */
export function objectStep(
  apis: GcpApis,
  settings: GcpReleaseSettings,
  publication: Publication,
  bucketMade: Step<string>,
): Step<string> {
  const { disks: api } = apis
  const { bucket } = settings
  const [home = ''] = settings.regions
  const { disk, key } = publication
  const name = objectName(publication)
  const inputs = digest({ disk: disk.digest })
  const metadata = {
    [objectKey.release]: key,
    [objectKey.fingerprint]: disk.digest,
    [objectKey.name]: publication.name,
  }
  const fresh = new Set<string>()
  const remove = async (): Promise<void> => void (await unlessGone(api.deleteObject(bucket, name)))
  const arrived = (objects: readonly GcpObject[]): GcpObject | undefined =>
    objects.find((one) => one.name === name && one.md5 !== undefined && one.metadata[arrivedKey] === one.md5)
  return step<string, Sending>('gcp/object', {
    title: `send ${publication.name} to gs://${bucket}`,
    after: [bucketMade],
    digest: inputs,
    handleIsSecret: true,
    pollEveryMs: 2_000,
    async find() {
      const [images, objects] = await Promise.all([imagesOf(apis, publication, home), objectsOf(api, bucket, key)])
      const foreign =
        images.some(({ ours }) => !ours) || objects.some((one) => one.metadata[objectKey.fingerprint] !== disk.digest)
      if (foreign) return { digest: undefined, out: name }
      return images.length > 0 || arrived(objects) !== undefined ? { digest: inputs, out: name } : undefined
    },
    async start() {
      const upload = await api.beginUpload(bucket, name, metadata)
      fresh.add(upload)
      return { upload }
    },
    fill: ({ upload }) => objectSink(api, { bucket, name, metadata, upload, fresh: fresh.delete(upload) }),
    async poll() {
      return arrived(await objectsOf(api, bucket, key)) === undefined ? { busy: 'sending' } : { done: name }
    },
    async sweep({ upload }) {
      await api.cancelUpload(upload)
      await remove()
    },
    undo: remove,
  })
}
