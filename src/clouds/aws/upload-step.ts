import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import { isGone, unlessGone } from '../gone.ts'
import type { AwsApis } from './disk-plan.ts'
import type { AwsObjects, ObjectPlace } from './object-port.ts'
import { s3Sink } from './s3-sink.ts'
import { findSnapshot, snapshotInputs } from './snapshot-step.ts'

/** A bucket, and the region it is in. */
type Bucket = Omit<ObjectPlace, 'key'>

/** Under which keys a release keeps what is on its way. */
function prefixOf({ key }: Publication): string {
  return `sindri/${key}/`
}

/** The disk as a VMDK in S3. Once there is a snapshot of it, it has been done, whether the file is still there or not. */
export function uploadStep({ disks }: AwsApis, publication: Publication, bucket: Bucket): Step<ObjectPlace> {
  const { disk, name } = publication
  const { region } = bucket
  const { objects } = disks
  // Another disk has another key: an object under this one is of this disk, and whole.
  const object = { ...bucket, key: `${prefixOf(publication)}${disk.digest.slice(0, 32)}.vmdk` }
  const inputs = digest({ disk: disk.digest, region, format: 'vmdk' })

  async function clear(of: ObjectPlace): Promise<void> {
    await abortUploads(objects, publication, of)
    await objects.deleteObject(of)
  }

  const made = step<ObjectPlace, { readonly object: ObjectPlace; readonly upload: string }>(`aws/upload/${region}`, {
    title: `send ${name} to ${region}, through the bucket ${bucket.bucket}`,
    digest: inputs,
    async find() {
      const made = await findSnapshot(disks, publication, region)
      const same = made?.digest === snapshotInputs(publication, region)
      if (made !== undefined) return { digest: same ? inputs : made.digest, out: object }
      return (await objects.object(object)) && { digest: inputs, out: object }
    },
    async start() {
      const [begun] = await abortUploads(objects, publication, object, object.key)
      return { object, upload: begun ?? (await objects.beginUpload(object)) }
    },
    fill: (handle) => s3Sink(objects, handle.object, handle.upload, disk.sizeBytes),
    async poll(handle) {
      if ((await objects.object(handle.object)) !== undefined) return { done: handle.object }
      try {
        await objects.parts(handle.object, handle.upload)
        return { busy: `sending to ${bucket.bucket}` }
      } catch (error) {
        if (!isGone(error)) throw error
        return { failed: `the upload to ${bucket.bucket} is gone`, hint: 'run the same command again: it begins anew' }
      }
    },
    sweep: (handle) => clear(handle.object),
    undo: clear,
  })
  return {
    ...made,
    async revert(maker) {
      await made.revert(maker)
      // Begun by a run that nobody remembers.
      await clear(object)
    },
  }
}

/** Aborts the unfinished uploads of a release, all but the first for `keep`; tells that one. */
async function abortUploads(
  objects: AwsObjects,
  publication: Publication,
  bucket: Bucket,
  keep?: string,
): Promise<readonly string[]> {
  const all = await objects.uploads(bucket, prefixOf(publication))
  const kept = all.find(({ key }) => key === keep)
  for (const one of all)
    if (one !== kept)
      await unlessGone(objects.abortUpload({ region: bucket.region, bucket: bucket.bucket, key: one.key }, one.id))
  return kept === undefined ? [] : [kept.id]
}
