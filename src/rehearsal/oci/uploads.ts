import { createHash, randomUUID } from 'node:crypto'
import { objectIn, objectsIn, textIn } from '../kit/json.ts'
import { findBucket, objectNameIn } from './buckets.ts'
import type { Call, Operations, Output } from './call.ts'
import { checkedMd5, placeObject } from './objects.ts'
import { invalid, ociError } from './oci-error.ts'
import type { BucketRecord, UploadRecord } from './records.ts'
import { pageOf, requiredIn } from './resource.ts'
import { keepBytes, removeBytes } from './stored-bytes.ts'

const mostParts = 10_000

function findUpload(call: Call, { uploads }: BucketRecord): UploadRecord {
  const upload = uploads[call.query.get('uploadId') ?? '']
  if (upload === undefined || upload.object !== objectNameIn(call))
    throw ociError('NoSuchUpload', 'The specified upload does not exist, or was committed or aborted.')
  return upload
}

async function commit(call: Call): Promise<Output> {
  const bucket = findBucket(call, ['OBJECT_CREATE'])
  const upload = findUpload(call, bucket)
  if (call.headers['if-none-match'] === '*' && Object.hasOwn(bucket.objects, upload.object))
    throw ociError('IfNoneMatchFailed', 'The If-None-Match header is * and the object exists')
  const asked = objectsIn(call.body.partsToCommit).map((one) => ({
    number: Number(one.partNum),
    etag: textIn(one.etag),
  }))
  const excluded = new Set(Array.isArray(call.body.partsToExclude) ? call.body.partsToExclude.map(Number) : [])
  const parts = [...asked]
    .sort((a, b) => a.number - b.number)
    .map(({ number, etag }) => {
      const part = upload.parts[String(number)]
      if (part === undefined || part.etag !== etag)
        throw ociError('InvalidUploadPart', `The part ${number} does not exist, or its ETag is another.`)
      return part
    })
  if (parts.length === 0) throw invalid('partsToCommit is empty')
  const named = new Set(asked.map(({ number }) => number))
  const left = Object.keys(upload.parts)
    .map(Number)
    .filter((number) => !named.has(number))
  if (left.some((number) => !excluded.has(number)))
    throw invalid('every part must be in partsToCommit or in partsToExclude')
  const whole = createHash('md5')
  for (const { md5 } of parts) whole.update(Buffer.from(md5, 'base64'))
  const multipartMd5 = `${whole.digest('base64')}-${parts.length}`
  const etag = randomUUID()
  delete bucket.uploads[upload.id]
  await placeObject(call, bucket.objects, upload.object, {
    ...{
      parts: parts.map(({ file, bytes }) => ({ file, bytes })),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    ...{ etag, multipartMd5, contentType: upload.contentType, metadata: upload.metadata, createdAt: call.now },
  })
  await removeBytes(
    call.world,
    left.flatMap((number) => upload.parts[String(number)] ?? []),
  )
  return { status: 200, headers: { etag, 'opc-multipart-md5': multipartMd5 } }
}

const at = 'n/:namespace/b/:bucket/u'

/** https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/MultipartUpload (2026-11) */
export const uploadOperations: Operations = {
  CreateMultipartUpload: {
    pattern: `POST ${at}`,
    body: ['object', 'contentType', 'metadata'],
    run(call) {
      const bucket = findBucket(call, ['OBJECT_CREATE'])
      const object = requiredIn(call.body, 'object')
      const contentType = textIn(call.body.contentType) ?? 'application/octet-stream'
      const metadata = Object.fromEntries(
        Object.entries(objectIn(call.body.metadata)).map(([name, value]) => [name.toLowerCase(), String(value)]),
      )
      const stranger = Object.keys(metadata).find((name) => !name.startsWith('opc-meta-'))
      if (stranger !== undefined) throw invalid(`the metadata key ${stranger} does not begin with opc-meta-`)
      const upload: UploadRecord = { id: randomUUID(), object, contentType, metadata, createdAt: call.now, parts: {} }
      bucket.uploads[upload.id] = upload
      return { json: uploadOutput(call, upload) }
    },
  },
  ListMultipartUploads: {
    pattern: `GET ${at}`,
    query: ['limit', 'page'],
    run: (call) =>
      pageOf(
        call,
        Object.values(findBucket(call, ['BUCKET_READ']).uploads).map((upload) => uploadOutput(call, upload)),
      ),
  },
  ListMultipartUploadParts: {
    pattern: `GET ${at}/:object`,
    query: ['uploadId', 'limit', 'page'],
    run(call) {
      const { parts } = findUpload(call, findBucket(call, ['OBJECT_INSPECT']))
      return pageOf(
        call,
        Object.entries(parts).map(([number, { etag, md5, bytes }]) => {
          return { partNumber: Number(number), etag, md5, size: bytes }
        }),
      )
    },
  },
  UploadPart: {
    pattern: `PUT ${at}/:object`,
    query: ['uploadId', 'uploadPartNum'],
    raw: true,
    async run(call) {
      const upload = findUpload(call, findBucket(call, ['OBJECT_CREATE', 'OBJECT_OVERWRITE']))
      const number = Number(call.query.get('uploadPartNum'))
      if (!Number.isInteger(number) || number < 1 || number > mostParts)
        throw invalid(`uploadPartNum must be between 1 and ${mostParts}`)
      const md5 = checkedMd5(call)
      const before = upload.parts[String(number)]
      const part = { ...(await keepBytes(call.world, call.bytes)), etag: randomUUID(), md5 }
      upload.parts[String(number)] = part
      call.world.save()
      await removeBytes(call.world, before === undefined ? [] : [before])
      return { status: 200, headers: { etag: part.etag, 'opc-content-md5': md5 } }
    },
  },
  CommitMultipartUpload: {
    pattern: `POST ${at}/:object`,
    query: ['uploadId'],
    body: ['partsToCommit', 'partsToExclude'],
    run: commit,
  },
  AbortMultipartUpload: {
    pattern: `DELETE ${at}/:object`,
    query: ['uploadId'],
    async run(call) {
      const bucket = findBucket(call, ['OBJECT_DELETE'])
      const upload = findUpload(call, bucket)
      delete bucket.uploads[upload.id]
      call.world.save()
      await removeBytes(call.world, Object.values(upload.parts))
      return {}
    },
  },
}

function uploadOutput({ at: { namespace, bucket } }: Call, { id, object, createdAt }: UploadRecord) {
  const timeCreated = new Date(createdAt).toISOString()
  return { namespace, bucket, object, uploadId: id, timeCreated, storageTier: 'Standard' }
}
