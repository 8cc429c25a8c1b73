import type { Publication } from '../../release/publication.ts'
import { unlessGone } from '../gone.ts'
import type { Access, Bucket, OciStorage, Upload } from './disk-port.ts'

/** What a disk is called on its way: of another disk of the release it is another name. */
export function objectName({ key, disk }: Pick<Publication, 'key' | 'disk'>): string {
  return `${key}-${disk.digest.slice(0, 16)}.qcow2`
}

/** True for an object of this release, of whichever disk. */
export function isObjectOf(key: string, object: string): boolean {
  return object.startsWith(`${key}-`) && /^[0-9a-f]{16}\.qcow2$/.test(object.slice(key.length + 1))
}

/** What of a release is in its bucket and has to go when its images stand. */
export interface Temporary {
  readonly objects: readonly string[]
  readonly uploads: readonly Upload[]
  readonly accesses: readonly Access[]
}

/** Looks for it; reads only. */
export async function temporaryOf(storage: OciStorage, bucket: Bucket, key: string): Promise<Temporary> {
  const prefix = `${key}-`
  const [objects, uploads, accesses] = await Promise.all([
    storage.objects(bucket, prefix),
    storage.uploads(bucket),
    storage.accesses(bucket, prefix),
  ])
  return {
    objects: objects.filter((object) => isObjectOf(key, object)),
    uploads: uploads.filter(({ object }) => isObjectOf(key, object)),
    accesses: accesses.filter(({ object }) => isObjectOf(key, object)),
  }
}

/** Removes all of it; what opens the object to others goes first. */
export async function removeTemporary(storage: OciStorage, bucket: Bucket, key: string): Promise<void> {
  const { objects, uploads, accesses } = await temporaryOf(storage, bucket, key)
  for (const { id } of accesses) await unlessGone(storage.deleteAccess(bucket, id))
  for (const upload of uploads) await unlessGone(storage.abort(bucket, upload))
  for (const object of objects) await unlessGone(storage.deleteObject(bucket, object))
}
