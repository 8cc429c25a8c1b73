import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { SindriError } from '../../core/error.ts'
import { isGone } from '../gone.ts'
import { common } from './api-clients.ts'
import { awsError } from './errors.ts'
import type { AwsObjects, ObjectPlace, StoredPart } from './object-port.ts'

/** S3 of each region. No call is made before it is needed. */
export function openObjects(): AwsObjects {
  const clients = new Map<string, S3Client>()

  function client(region: string): S3Client {
    // Checksums are given with each part; the SDK shall not work out others.
    const known =
      clients.get(region) ?? new S3Client({ ...common, region, requestChecksumCalculation: 'WHEN_REQUIRED' })
    clients.set(region, known)
    return known
  }

  async function call<T>(action: string, region: string, send: (s3: S3Client) => Promise<T>): Promise<T> {
    try {
      return await send(client(region))
    } catch (error) {
      // HEAD is answered without a body: what is wrong shows in its status alone.
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
      const where = `${action} in ${region}`
      if (status === 404)
        throw new SindriError('not-found', `${where}: there is nothing of that name`, { cause: error })
      if (status === 301)
        throw new SindriError('conflict', `${where}: the bucket is in another region`, { cause: error })
      if (status === 403 && error instanceof Error && /^(403|Forbidden|Unknown\w*)$/.test(error.name))
        throw new SindriError('denied', `AWS does not allow ${where}`, {
          hint: `add ${action} to the policy of these credentials; 'sindri vm permissions --publish' prints all that is needed`,
          cause: error,
        })
      throw awsError(error, action, region)
    }
  }

  const named = ({ bucket, key }: ObjectPlace) => ({ Bucket: bucket, Key: key })

  return {
    async checkBucket(region, bucket) {
      await call('s3:ListBucket', region, (s3) => s3.send(new HeadBucketCommand({ Bucket: bucket })))
    },

    async object(place) {
      try {
        const command = new HeadObjectCommand({ ...named(place), ChecksumMode: 'ENABLED' })
        return { sha256: (await call('s3:GetObject', place.region, (s3) => s3.send(command))).ChecksumSHA256 ?? '' }
      } catch (error) {
        if (isGone(error)) return undefined
        throw error
      }
    },

    async uploads({ region, bucket }, prefix) {
      const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix })
      const found = await call('s3:ListBucketMultipartUploads', region, (s3) => s3.send(command))
      return (found.Uploads ?? []).map(({ Key = '', UploadId = '' }) => ({ key: Key, id: UploadId }))
    },

    async beginUpload(place) {
      const command = new CreateMultipartUploadCommand({
        ...{ ...named(place), ChecksumAlgorithm: 'SHA256', ChecksumType: 'COMPOSITE' },
      })
      return (await call('s3:PutObject', place.region, (s3) => s3.send(command))).UploadId ?? ''
    },

    async parts(place, upload) {
      const parts = new Map<number, StoredPart>()
      let next: string | undefined
      do {
        const command = new ListPartsCommand({
          ...{ ...named(place), UploadId: upload },
          ...(next === undefined ? {} : { PartNumberMarker: next }),
        })
        const page = await call('s3:ListMultipartUploadParts', place.region, (s3) => s3.send(command))
        for (const { PartNumber = 0, ETag = '', ChecksumSHA256 = '' } of page.Parts ?? [])
          parts.set(PartNumber, { etag: ETag, sha256: ChecksumSHA256 })
        next = page.IsTruncated === true ? page.NextPartNumberMarker : undefined
      } while (next !== undefined)
      return parts
    },

    async putPart(place, upload, part, bytes, sha256) {
      const command = new UploadPartCommand({
        ...{ ...named(place), UploadId: upload, PartNumber: part, Body: bytes, ContentLength: bytes.length },
        ChecksumSHA256: sha256,
      })
      return (await call('s3:PutObject', place.region, (s3) => s3.send(command))).ETag ?? ''
    },

    async completeUpload(place, upload, parts, sha256) {
      const command = new CompleteMultipartUploadCommand({
        ...{ ...named(place), UploadId: upload, ChecksumSHA256: sha256, ChecksumType: 'COMPOSITE' },
        MultipartUpload: {
          Parts: parts.map((part, index) => ({
            ...{ PartNumber: index + 1, ETag: part.etag, ChecksumSHA256: part.sha256 },
          })),
        },
      })
      await call('s3:PutObject', place.region, (s3) => s3.send(command))
    },

    async abortUpload(place, upload) {
      const command = new AbortMultipartUploadCommand({ ...named(place), UploadId: upload })
      await call('s3:AbortMultipartUpload', place.region, (s3) => s3.send(command))
    },

    async deleteObject(place) {
      const command = new DeleteObjectCommand(named(place))
      await call('s3:DeleteObject', place.region, (s3) => s3.send(command))
    },
  }
}
