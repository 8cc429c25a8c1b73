import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'
import type { BucketRecord, ObjectPart, ObjectRecord, RegionRecords, UploadRecord } from './records.ts'

/** The bucket of the request's region. One of another region is answered with where it is, as S3 does. */
export function findBucket(call: Call, name: string): BucketRecord {
  const bucket = call.here.buckets?.[name]
  if (bucket !== undefined) return bucket
  const elsewhere = Object.entries(call.world.records).find(([, here]) => here.buckets?.[name] !== undefined)?.[0]
  if (elsewhere === undefined) throw awsError('NoSuchBucket', 'The specified bucket does not exist')
  throw awsError(
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    elsewhere,
  )
}

/** The object. */
export function findObject(call: Call, bucket: string, key: string): ObjectRecord {
  const { objects } = findBucket(call, bucket)
  const object = Object.hasOwn(objects, key) ? objects[key] : undefined
  if (object === undefined) throw awsError('NoSuchKey', 'The specified key does not exist.')
  return object
}

/** The upload in parts, which ends by being completed or aborted. */
export function findUpload(call: Call, bucket: string, key: string, id: string): UploadRecord {
  const { uploads } = findBucket(call, bucket)
  const upload = Object.hasOwn(uploads, id) ? uploads[id] : undefined
  if (upload?.key !== key)
    throw awsError(
      'NoSuchUpload',
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    )
  return upload
}

/** Keeps bytes in a file of their own. */
export async function keepBytes(call: Call, bytes: Buffer): Promise<ObjectPart> {
  const file = `${randomUUID()}.part`
  writeFileSync(await call.world.disks.path(file), bytes, { mode: 0o600 })
  return { file, bytes: bytes.length }
}

/** Removes the bytes of what is no more. */
export async function removeBytes(call: Call, parts: readonly ObjectPart[]): Promise<void> {
  for (const { file } of parts) await call.world.disks.remove(file)
}

/** The files that objects and unfinished uploads are kept in. */
export function filesOfBuckets(here: RegionRecords): readonly string[] {
  return Object.values(here.buckets ?? {}).flatMap(({ objects, uploads }) =>
    [
      ...Object.values(objects).flatMap(({ parts }) => parts),
      ...Object.values(uploads).flatMap(({ parts }) => Object.values(parts)),
    ].map(({ file }) => file),
  )
}
