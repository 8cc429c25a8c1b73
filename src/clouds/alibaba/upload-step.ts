import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import { isGone } from '../gone.ts'
import { tag } from '../tags.ts'
import type { AlibabaApis } from './disk-plan.ts'
import type { AlibabaDiskApi, ObjectPlace, Place } from './disk-port.ts'
import { ossSink } from './oss-sink.ts'

/** Under which keys a release keeps what is on its way. */
function prefixOf({ key }: Publication): string {
  return `sindri/${key}/`
}

/** Where the disk of a publication is while it is imported: another disk has another key. */
function objectOfDisk(publication: Publication, place: Place): ObjectPlace {
  return { ...place, key: `${prefixOf(publication)}${publication.disk.digest.slice(0, 32)}.qcow2` }
}

/** The disk as a qcow2 file in OSS. Once there is an image of it, it has been done, whether the file is still there or not. */
export function uploadStep(
  { images, disks }: AlibabaApis,
  publication: Publication,
  place: Place,
  after: readonly Step<unknown>[],
): Step<ObjectPlace> {
  const { disk, key, name } = publication
  const { region } = place
  const object = objectOfDisk(publication, place)
  const inputs = digest({ disk: disk.digest, region, format: 'qcow2' })
  const marks = { [tag.release]: key, [tag.fingerprint]: disk.digest, [tag.digest]: inputs, Name: name }

  async function clear(of: ObjectPlace): Promise<void> {
    await abortUploads(disks, publication, of)
    await disks.deleteObject(of)
  }

  return step<ObjectPlace, { readonly object: ObjectPlace; readonly upload: string }>(`alibaba/upload/${region}`, {
    title: `send ${name} to ${region}, through the bucket ${place.bucket} (made if there is none)`,
    after,
    digest: inputs,
    async find() {
      const made = (await images.images(region, { tags: { [tag.release]: key, [tag.fingerprint]: '*' } })).filter(
        ({ status }) => status !== 'CreateFailed',
      )
      const foreign = made.find(({ tags }) => tags[tag.fingerprint] !== disk.digest)
      if (foreign !== undefined) return { digest: foreign.tags[tag.digest], out: object }
      if (made.length > 0) return { digest: inputs, out: object }
      const sent = await disks.object(object)
      return sent && { digest: sent.marks[tag.digest], out: object }
    },
    async start() {
      await haveBucket(disks, place)
      const [begun] = await abortUploads(disks, publication, place, object.key)
      return { object, upload: begun ?? (await disks.beginUpload(object, marks)) }
    },
    fill: (handle) => ossSink(disks, handle.object, handle.upload),
    async poll(handle) {
      if ((await disks.object(handle.object)) !== undefined) return { done: handle.object }
      try {
        await disks.parts(handle.object, handle.upload)
        return { busy: `sending to ${place.bucket}` }
      } catch (error) {
        if (!isGone(error)) throw error
        return { failed: `the upload to ${place.bucket} is gone`, hint: 'run the same command again: it begins anew' }
      }
    },
    sweep: (handle) => clear(handle.object),
    undo: clear,
  })
}

/** The bucket, private and in its region. */
async function haveBucket(disks: AlibabaDiskApi, place: Place): Promise<void> {
  if ((await disks.bucket(place)) !== undefined) return
  try {
    await disks.createBucket(place)
  } catch (error) {
    // It was made before the answer was lost, or by someone else.
    const conflict = error instanceof SindriError && error.code === 'conflict'
    if (!conflict || (await disks.bucket(place)) === undefined) throw error
  }
}

/** Aborts the unfinished uploads of a release, all but the first for `keep`; tells that one. */
async function abortUploads(
  disks: AlibabaDiskApi,
  publication: Publication,
  place: Place,
  keep?: string,
): Promise<readonly string[]> {
  const all = await disks.uploads(place, prefixOf(publication))
  const kept = all.find(({ key }) => key === keep)
  for (const one of all) if (one !== kept) await disks.abortUpload({ ...place, key: one.key }, one.id)
  return kept === undefined ? [] : [kept.id]
}
