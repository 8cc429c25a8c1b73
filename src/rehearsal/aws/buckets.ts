import { hash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { awsError } from './aws-error.ts'
import type { Call } from './call.ts'
import type { BucketRecord, ObjectPart, ObjectRecord, RegionRecords, UploadRecord } from './records.ts'
import { beginBlocks, blockBytes, putBlock } from './snapshot-blocks.ts'

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

/** A disk with the object's bytes at its beginning; what is zeros stays a hole. */
export async function diskOfObject(call: Call, object: ObjectRecord, sizeGiB: number): Promise<string> {
  const name = await call.world.disks.blank(sizeGiB)
  const disk = await call.world.disks.path(name)
  beginBlocks(disk)
  const zeros = Buffer.alloc(blockBytes)
  const block = Buffer.alloc(blockBytes)
  let blocks = 0
  let filled = 0

  function put(): void {
    block.fill(0, filled)
    if (block.compare(zeros) !== 0) putBlock(disk, blocks, block, hash('sha256', block, 'buffer'))
    blocks += 1
    filled = 0
  }

  for (const { file } of object.parts) {
    const bytes = await readFile(await call.world.disks.path(file))
    for (let offset = 0; offset < bytes.length; ) {
      const copied = bytes.copy(block, filled, offset)
      filled += copied
      offset += copied
      if (filled === blockBytes) put()
    }
  }
  if (filled > 0) put()
  return name
}
