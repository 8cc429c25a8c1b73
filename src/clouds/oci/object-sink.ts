import { createHash, hash } from 'node:crypto'
import { SindriError } from '../../core/error.ts'
import type { PartSink } from '../../core/sink.ts'
import { isGone } from '../gone.ts'
import type { Bucket, OciStorage, StoredPart, Upload } from './disk-port.ts'

const mib = 1024 * 1024
/** https://docs.oracle.com/iaas/Content/Object/Tasks/usingmultipartuploads.htm (2026-11): 10,000 parts of at most 50 GiB. */
const mostParts = 10_000
const usualPartBytes = 16 * mib

/** Equal parts, no more than an upload may have. */
export function partBytesOf(sizeBytes: number): number {
  return Math.max(usualPartBytes, Math.ceil(sizeBytes / mostParts / mib) * mib)
}

/**
 * The parts of an upload, which become one object. What an earlier run stored is told by Object Storage with its MD5, and
 * is sent again where that is not the MD5 of what is to be there.
 */
export function objectSink(storage: OciStorage, bucket: Bucket, upload: Upload): PartSink {
  let listed: Promise<ReadonlyMap<number, StoredPart>> | undefined
  const known = (): Promise<ReadonlyMap<number, StoredPart>> => {
    listed ??= storage.parts(bucket, upload).then((parts) => new Map(parts.map((part) => [part.number, part])))
    return listed
  }
  const parts = new Map<number, StoredPart>()
  return {
    kind: 'parts',
    format: 'qcow2',
    partBytes: partBytesOf,
    zeros: 'send',
    stored: async () => new Set([...(await known()).keys()].map((number) => number - 1)),
    async put(index, bytes) {
      const number = index + 1
      const md5 = hash('md5', bytes, 'base64')
      const before = (await known()).get(number)
      const isThere = before?.md5 === md5
      const etag = isThere ? before.etag : await storage.putPart(bucket, upload, number, bytes, md5)
      parts.set(number, { number, etag, md5 })
      return isThere ? 0 : bytes.length
    },
    async finish() {
      const sorted = [...parts.values()].sort((a, b) => a.number - b.number)
      const wanted = multipartMd5(sorted)
      const found = await committed(storage, bucket, upload, sorted)
      if (found === wanted) return
      await storage.deleteObject(bucket, upload.object)
      throw new SindriError('failed', `${bucket.name}/${upload.object} is not what was sent: ${found}, not ${wanted}`)
    },
  }
}

/** Commits it, or finds that somebody has: an answer was lost, or another run was quicker. Returns what Object Storage says the sum is. */
async function committed(
  storage: OciStorage,
  bucket: Bucket,
  upload: Upload,
  parts: readonly StoredPart[],
): Promise<string | undefined> {
  try {
    return await storage.commit(bucket, upload, parts)
  } catch (error) {
    if (!(isGone(error) || (error instanceof SindriError && error.code === 'conflict'))) throw error
    const object = await storage.object(bucket, upload.object)
    if (object === undefined) throw error
    return object.multipartMd5
  }
}

/**
 * The MD5 of the parts' MD5s, a dash and how many there are: `opc-multipart-md5` of
 * https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/MultipartUpload/CommitMultipartUpload (2026-11)
 */
function multipartMd5(parts: readonly StoredPart[]): string {
  const whole = createHash('md5')
  for (const { md5 } of parts) whole.update(Buffer.from(md5, 'base64'))
  return `${whole.digest('base64')}-${parts.length}`
}
