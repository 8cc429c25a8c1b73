import { createHash, randomBytes } from 'node:crypto'
import { alibabaError } from './alibaba-error.ts'
import { crc64Of, forget, keep } from './oss-bytes.ts'
import { type OssCall, type OssOperations, textIn, type Words } from './oss-call.ts'
import type { BucketRecord, UploadRecord } from './records.ts'
import { account } from './signature.ts'

function bucketOf({ world, bucket, region }: OssCall): BucketRecord {
  const found = world.records.buckets[bucket]
  if (found === undefined) throw alibabaError('NoSuchBucket', 'The specified bucket does not exist.')
  if (found.region === region) return found
  throw alibabaError(
    'AccessDenied',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
  )
}

function uploadOf(call: OssCall): UploadRecord {
  const upload = bucketOf(call).uploads[call.query.get('uploadId') ?? '']
  if (upload?.key === call.key) return upload
  throw alibabaError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  )
}

/** Bytes as they were summed up by who sent them. https://www.alibabacloud.com/help/en/oss/user-guide/http-400-status-code (2026-11) */
function checked({ body, header }: OssCall): Buffer {
  const md5 = header('content-md5')
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64'))
    throw alibabaError('InvalidDigest', 'The Content-MD5 you specified was invalid.')
  return body
}

const smallestPart = 100 * 1024
const mostParts = 10_000

/** https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload (2026-11) */
async function complete(call: OssCall): Promise<Words> {
  const { world, key, bucket, body, now } = call
  const here = bucketOf(call)
  const upload = uploadOf(call)
  const asked = [
    ...checked(call)
      .toString('utf8')
      .matchAll(/<Part>(.*?)<\/Part>/gs),
  ].map(([, part = '']) => ({
    number: Number(textIn(part, 'PartNumber')),
    etag: (textIn(part, 'ETag') ?? '').replaceAll('"', '').toUpperCase(),
  }))
  if (asked.length === 0) throw alibabaError('MalformedXML', 'The XML you provided was not well-formed.')
  if (asked.some(({ number }, index) => number <= (asked[index - 1]?.number ?? 0)))
    throw alibabaError('InvalidPartOrder', 'The list of parts was not in ascending order.')
  const pieces = asked.map(({ number, etag }) => {
    const piece = upload.parts[number]
    if (piece?.md5 === etag) return piece
    throw alibabaError(
      'InvalidPart',
      "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
    )
  })
  if (pieces.slice(0, -1).some(({ bytes }) => bytes < smallestPart))
    throw alibabaError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed object size.')
  const md5 = createHash('md5').update(pieces.map((piece) => piece.md5).join(''))
  const object = {
    pieces,
    bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0),
    etag: `${md5.digest('hex').toUpperCase()}-${pieces.length}`,
    crc64: await crc64Of(world, pieces),
    headers: upload.headers,
    changedAt: now,
  }
  const kept = new Set(pieces)
  const left = Object.values(upload.parts).filter((piece) => !kept.has(piece))
  const before = here.objects[key]?.pieces ?? []
  here.objects[key] = object
  delete here.uploads[upload.id]
  await forget(world, [...left, ...before])
  return {
    document: [
      'CompleteMultipartUploadResult',
      {
        EncodingType: '',
        Location: `http://${bucket}.oss-${call.region}.aliyuncs.com/${key}`,
        Bucket: bucket,
        Key: key,
        ETag: `"${object.etag}"`,
      },
    ],
    headers: { 'x-oss-hash-crc64ecma': object.crc64 },
    bytesIn: body.length,
  }
}

/** An object that an import still reads makes it fail when it goes. */
async function removeObject(call: OssCall): Promise<Words> {
  const { world, bucket, key, now } = call
  const { objects } = bucketOf(call)
  const pieces = objects[key]?.pieces ?? []
  delete objects[key]
  for (const task of Object.values(world.records.imports))
    if (task.source.bucket === bucket && task.source.key === key && now < task.readyAt)
      task.failure ??= { code: 'InvalidOSSObject.NotFound', message: 'The specified OSS object cannot be retrieved.' }
  await forget(world, pieces)
  return { status: 204 }
}

/** https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function (2026-11) */
export const ossOperations: OssOperations = {
  GetBucketInfo: {
    on: 'bucket',
    method: 'GET',
    word: 'bucketInfo',
    action: 'oss:GetBucketInfo',
    reads: true,
    run: (call) => {
      const { name, region, access, createdAt } = bucketOf(call)
      const Bucket = {
        ...{ Name: name, Location: `oss-${region}`, StorageClass: 'Standard', DataRedundancyType: 'LRS' },
        ...{ CreationDate: new Date(createdAt).toISOString(), Owner: { ID: account, DisplayName: account } },
        ...{ ExtranetEndpoint: `oss-${region}.aliyuncs.com`, IntranetEndpoint: `oss-${region}-internal.aliyuncs.com` },
        AccessControlList: { Grant: access },
      }
      return { document: ['BucketInfo', { Bucket }] }
    },
  },
  PutBucket: {
    on: 'bucket',
    method: 'PUT',
    action: 'oss:PutBucket',
    takes: ['x-oss-acl'],
    run: ({ world, bucket, region, header, now }) => {
      const before = world.records.buckets[bucket]
      if (before !== undefined && before.region !== region)
        throw alibabaError('BucketAlreadyExists', "Bucket already exists can't modify location.")
      const access = header('x-oss-acl') ?? before?.access ?? 'private'
      if (!['private', 'public-read', 'public-read-write'].includes(access))
        throw alibabaError('InvalidArgument', 'no such bucket access control exists')
      const made = { name: bucket, region, createdAt: now, objects: {}, uploads: {} }
      world.records.buckets[bucket] = { ...made, ...before, access }
      return {}
    },
  },
  DeleteBucket: {
    on: 'bucket',
    method: 'DELETE',
    action: 'oss:DeleteBucket',
    run: (call) => {
      const { name, objects, uploads } = bucketOf(call)
      if (Object.keys(objects).length + Object.keys(uploads).length > 0)
        throw alibabaError('BucketNotEmpty', 'The bucket you tried to delete is not empty.')
      delete call.world.records.buckets[name]
      return { status: 204 }
    },
  },
  ListMultipartUploads: {
    on: 'bucket',
    method: 'GET',
    word: 'uploads',
    words: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
    action: 'oss:ListMultipartUploads',
    reads: true,
    run: (call) => {
      const { query } = call
      const after = `${query.get('key-marker') ?? ''}\n${query.get('upload-id-marker') ?? ''}`
      const most = Math.min(Number(query.get('max-uploads') ?? 1000), 1000)
      const found = Object.values(bucketOf(call).uploads)
        .filter(({ key }) => key.startsWith(query.get('prefix') ?? ''))
        .sort((a, b) => (`${a.key}\n${a.id}` < `${b.key}\n${b.id}` ? -1 : 1))
        .filter(({ key, id }) => after === '\n' || `${key}\n${id}` > after)
      const shown = found.slice(0, most)
      const last = shown.at(-1)
      return {
        document: [
          'ListMultipartUploadsResult',
          {
            ...{
              Bucket: call.bucket,
              Prefix: query.get('prefix') ?? '',
              MaxUploads: most,
              IsTruncated: found.length > most,
            },
            ...{ NextKeyMarker: last?.key ?? '', NextUploadIdMarker: last?.id ?? '' },
            Upload: shown.map(({ key, id, startedAt }) => ({
              ...{ Key: key, UploadId: id, Initiated: new Date(startedAt).toISOString(), StorageClass: 'Standard' },
            })),
          },
        ],
      }
    },
  },
  InitiateMultipartUpload: {
    on: 'object',
    method: 'POST',
    word: 'uploads',
    words: ['encoding-type'],
    action: 'oss:PutObject',
    takes: ['x-oss-meta-'],
    run: (call) => {
      const { bucket, key, now } = call
      const id = randomBytes(16).toString('hex').toUpperCase()
      bucketOf(call).uploads[id] = { id, key, headers: call.meta, startedAt: now, parts: {} }
      return { document: ['InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: id }] }
    },
  },
  UploadPart: {
    on: 'object',
    method: 'PUT',
    word: 'uploadId',
    words: ['partNumber'],
    action: 'oss:PutObject',
    run: async (call) => {
      const { world, query } = call
      const upload = uploadOf(call)
      const number = Number(query.get('partNumber'))
      if (!Number.isInteger(number) || number < 1 || number > mostParts)
        throw alibabaError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive.')
      const piece = await keep(world, checked(call))
      const before = upload.parts[number]
      upload.parts[number] = piece
      await forget(world, before === undefined ? [] : [before])
      const crc64 = await crc64Of(world, [piece])
      return { headers: { etag: `"${piece.md5}"`, 'x-oss-hash-crc64ecma': crc64 }, bytesIn: piece.bytes }
    },
  },
  CompleteMultipartUpload: {
    on: 'object',
    method: 'POST',
    word: 'uploadId',
    words: ['encoding-type'],
    action: 'oss:PutObject',
    run: complete,
  },
  AbortMultipartUpload: {
    on: 'object',
    method: 'DELETE',
    word: 'uploadId',
    action: 'oss:AbortMultipartUpload',
    run: async (call) => {
      const { id, parts } = uploadOf(call)
      delete bucketOf(call).uploads[id]
      await forget(call.world, Object.values(parts))
      return { status: 204 }
    },
  },
  ListParts: {
    on: 'object',
    method: 'GET',
    word: 'uploadId',
    words: ['part-number-marker', 'max-parts', 'encoding-type'],
    action: 'oss:ListParts',
    reads: true,
    run: (call) => {
      const { query, bucket, key } = call
      const { id, parts } = uploadOf(call)
      const most = Math.min(Number(query.get('max-parts') ?? 1000), 1000)
      const found = Object.entries(parts).filter(([number]) => Number(number) > Number(query.get('part-number-marker')))
      const shown = found.slice(0, most)
      return {
        document: [
          'ListPartsResult',
          {
            ...{ Bucket: bucket, Key: key, UploadId: id, StorageClass: 'Standard', MaxParts: most },
            ...{ IsTruncated: found.length > most, NextPartNumberMarker: shown.at(-1)?.[0] ?? '' },
            Part: shown.map(([PartNumber, { md5, bytes }]) => ({ PartNumber, ETag: `"${md5}"`, Size: bytes })),
          },
        ],
      }
    },
  },
  HeadObject: {
    on: 'object',
    method: 'HEAD',
    action: 'oss:GetObject',
    reads: true,
    run: (call) => {
      const object = bucketOf(call).objects[call.key]
      if (object === undefined) throw alibabaError('NoSuchKey', 'The specified key does not exist.')
      const { bytes, etag, crc64, headers, changedAt } = object
      return {
        headers: {
          ...{ ...headers, 'content-length': String(bytes), etag: `"${etag}"`, 'x-oss-hash-crc64ecma': crc64 },
          ...{ 'last-modified': new Date(changedAt).toUTCString(), 'x-oss-object-type': 'Multipart' },
        },
      }
    },
  },
  DeleteObject: { on: 'object', method: 'DELETE', action: 'oss:DeleteObject', run: removeObject },
}
