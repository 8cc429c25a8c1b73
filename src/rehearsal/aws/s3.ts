import { createHash, hash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Output } from './answer.ts'
import { awsError, notImplemented } from './aws-error.ts'
import { findBucket, findObject, findUpload, keepBytes, removeBytes } from './buckets.ts'
import type { Call, Operations } from './call.ts'
import { newId } from './ids.ts'
import type { ObjectRecord } from './records.ts'

const text = (call: Call, name: string): string => call.input.need(name)

function arnOf(call: Call): readonly string[] {
  const key = call.input.text('Key')
  return [`arn:aws:s3:::${text(call, 'Bucket')}${key === undefined ? '' : `/${key}`}`]
}

/** Refuses bytes that are not those the client summed up. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html (2026-11) */
function checkBytes({ payload, input }: Call): void {
  const sums: Readonly<Record<string, () => string>> = {
    ChecksumSHA256: () => payload.sha256().toString('base64'),
    ChecksumCRC32: () => {
      const sum = Buffer.alloc(4)
      sum.writeUInt32BE(crc32(payload.bytes))
      return sum.toString('base64')
    },
    ContentMD5: () => hash('md5', payload.bytes, 'base64'),
  }
  for (const [name, sum] of Object.entries(sums)) {
    const given = input.text(name)
    if (given !== undefined && given !== sum())
      throw awsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`)
  }
}

function sumsOf(call: Call): { readonly etag: string; readonly sha256?: string } {
  const sha256 = call.input.text('ChecksumSHA256')
  return { etag: `"${hash('md5', call.payload.bytes)}"`, ...(sha256 && { sha256 }) }
}

async function place(call: Call, object: ObjectRecord): Promise<void> {
  const bucket = findBucket(call, text(call, 'Bucket'))
  const before = bucket.objects[text(call, 'Key')]
  bucket.objects[text(call, 'Key')] = object
  // The bytes of before go when the records no longer name them.
  call.world.save()
  await removeBytes(call, before?.parts ?? [])
}

/** Refuses a write whose condition does not hold. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html (2026-11) */
function checkCondition(call: Call): void {
  const [absent, etag] = [call.input.text('IfNoneMatch'), call.input.text('IfMatch')]
  if (absent !== undefined && absent !== '*') throw notImplemented('If-None-Match of an ETag')
  const { objects } = findBucket(call, text(call, 'Bucket'))
  const there = Object.hasOwn(objects, text(call, 'Key')) ? objects[text(call, 'Key')] : undefined
  if (etag !== undefined && there === undefined) throw awsError('NoSuchKey', 'The specified key does not exist.')
  if ((absent !== undefined && there !== undefined) || (etag !== undefined && there?.etag !== etag))
    throw awsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
}

const mostKeys = 1000

function listObjects(call: Call): Output {
  const prefix = call.input.text('Prefix') ?? ''
  const after = call.input.text('ContinuationToken') ?? ''
  const size = Math.min(call.input.number('MaxKeys') ?? mostKeys, mostKeys)
  const rest = Object.entries(findBucket(call, text(call, 'Bucket')).objects)
    .filter(([key]) => key.startsWith(prefix) && key > after)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const shown = rest.slice(0, size)
  const more = rest.length > size
  return {
    Name: text(call, 'Bucket'),
    ...{ Prefix: prefix, KeyCount: shown.length, MaxKeys: size, IsTruncated: more },
    ...(more && { NextContinuationToken: shown.at(-1)?.[0] }),
    Contents: shown.map(([key, object]) => ({
      Key: key,
      ...{ ETag: object.etag, Size: object.bytes, StorageClass: 'STANDARD' },
      LastModified: new Date(object.changedAt).toISOString(),
    })),
  }
}

/** Objects of a few parts are read whole. */
async function bytesOf(call: Call, object: ObjectRecord): Promise<Buffer> {
  const parts = await Promise.all(object.parts.map(async ({ file }) => readFile(await call.world.disks.path(file))))
  return Buffer.concat(parts)
}

/** Bytes from one place on, as `bytes=0-99` asks for them; nothing else is read. */
async function rangeOf(call: Call, object: ObjectRecord, range: string): Promise<Buffer> {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
  if (first === '') throw notImplemented(`the range ${range}`)
  const [begin, end] = [Number(first), Math.min(Number(last) + 1, object.bytes)]
  if (begin >= object.bytes) throw awsError('InvalidRange', 'The requested range is not satisfiable')
  const bytes = Buffer.alloc(end - begin)
  let at = 0
  for (const { file, bytes: length } of object.parts) {
    const [from, to] = [Math.max(begin, at), Math.min(end, at + length)]
    if (from < to) {
      const handle = await open(await call.world.disks.path(file))
      await handle.read(bytes, from - begin, to - from, from - at).finally(() => handle.close())
    }
    at += length
  }
  return bytes
}

function objectHeaders(object: ObjectRecord): { readonly [name: string]: Output } {
  return {
    ContentLength: object.bytes,
    ETag: object.etag,
    LastModified: new Date(object.changedAt).toUTCString(),
    ChecksumSHA256: object.sha256,
  }
}

const smallestPart = 5 * 1024 * 1024

async function completeUpload(call: Call): Promise<Output> {
  const upload = findUpload(call, text(call, 'Bucket'), text(call, 'Key'), text(call, 'UploadId'))
  const asked = call.input.many('Parts')
  const parts = asked.map((part) => {
    const known = upload.parts[String(part.number('PartNumber'))]
    const sum = part.text('ChecksumSHA256')
    if (known === undefined || known.etag.replaceAll('"', '') !== (part.text('ETag') ?? '').replaceAll('"', ''))
      throw awsError('InvalidPart', 'One or more of the specified parts could not be found.')
    if (upload.sha256 && sum !== known.sha256)
      throw awsError('InvalidPart', 'The checksum of a part does not match the one it was uploaded with.')
    return known
  })
  const numbers = asked.map((part) => part.number('PartNumber') ?? 0)
  if (parts.length === 0 || numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0)))
    throw awsError('InvalidPartOrder', 'The list of parts was not in ascending order.')
  if (parts.slice(0, -1).some((part) => part.bytes < smallestPart))
    throw awsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size')
  const md5 = createHash('md5')
  const sha = createHash('sha256')
  for (const part of parts) {
    md5.update(Buffer.from(part.etag.replaceAll('"', ''), 'hex'))
    sha.update(Buffer.from(part.sha256 ?? '', 'base64'))
  }
  const sha256 = upload.sha256 ? `${sha.digest('base64')}-${parts.length}` : undefined
  const given = call.input.text('ChecksumSHA256')
  if (given !== undefined && given !== sha256 && `${given}-${parts.length}` !== sha256)
    throw awsError('BadDigest', 'The SHA256 you specified did not match the calculated checksum.')
  const etag = `"${md5.digest('hex')}-${parts.length}"`
  const kept = new Set(parts.map(({ file }) => file))
  const left = Object.values(upload.parts).filter(({ file }) => !kept.has(file))
  delete findBucket(call, text(call, 'Bucket')).uploads[upload.id]
  await place(call, {
    parts: parts.map(({ file, bytes }) => ({ file, bytes })),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    etag,
    ...(sha256 && { sha256 }),
    changedAt: call.now,
  })
  await removeBytes(call, left)
  return { Bucket: text(call, 'Bucket'), Key: text(call, 'Key'), ETag: etag, ChecksumSHA256: sha256 }
}

async function uploadPart(call: Call): Promise<Output> {
  checkBytes(call)
  const upload = findUpload(call, text(call, 'Bucket'), text(call, 'Key'), text(call, 'UploadId'))
  if (upload.sha256 && call.input.text('ChecksumSHA256') === undefined)
    throw awsError('InvalidRequest', 'The upload was created using the sha256 checksum. Each part must have it.')
  const number = call.input.number('PartNumber') ?? 0
  if (number < 1 || number > 10_000)
    throw awsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
  const part = { ...(await keepBytes(call, call.payload.bytes)), ...sumsOf(call), changedAt: call.now }
  const before = upload.parts[number]
  upload.parts[number] = part
  call.world.save()
  await removeBytes(call, before === undefined ? [] : [before])
  return { ETag: part.etag, ChecksumSHA256: part.sha256 }
}

const sums = ['ChecksumSHA256', 'ChecksumCRC32', 'ChecksumAlgorithm', 'ContentMD5']
const at = ['Bucket', 'Key']

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html (2026-11) */
export const s3Operations: Operations = {
  CreateBucket: {
    supports: ['Bucket', 'LocationConstraint'],
    resources: arnOf,
    run: (call) => {
      const name = text(call, 'Bucket')
      const wanted = call.input.text('LocationConstraint') ?? 'us-east-1'
      if (wanted !== call.region)
        throw awsError(
          'IllegalLocationConstraintException',
          `The ${wanted} location constraint is incompatible for the region specific endpoint this request was sent to.`,
        )
      if (Object.values(call.world.records).some((here) => here.buckets?.[name] !== undefined))
        throw awsError(
          'BucketAlreadyOwnedByYou',
          'Your previous request to create the named bucket succeeded and you already own it.',
        )
      call.here.buckets = { ...call.here.buckets, [name]: { name, createdAt: call.now, objects: {}, uploads: {} } }
      return { Location: `/${name}` }
    },
  },
  DeleteBucket: {
    supports: ['Bucket'],
    resources: arnOf,
    run: (call) => {
      const { name, objects } = findBucket(call, text(call, 'Bucket'))
      if (Object.keys(objects).length > 0)
        throw awsError('BucketNotEmpty', 'The bucket you tried to delete is not empty')
      delete call.here.buckets?.[name]
      return {}
    },
  },
  HeadBucket: {
    supports: ['Bucket'],
    action: 's3:ListBucket',
    resources: arnOf,
    run: (call) => {
      findBucket(call, text(call, 'Bucket'))
      return { BucketRegion: call.region }
    },
  },
  GetBucketLocation: {
    supports: ['Bucket'],
    resources: arnOf,
    run: (call) => {
      findBucket(call, text(call, 'Bucket'))
      return { LocationConstraint: call.region === 'us-east-1' ? '' : call.region }
    },
  },
  PutObject: {
    supports: [...at, ...sums, 'IfMatch', 'IfNoneMatch'],
    resources: arnOf,
    run: async (call) => {
      checkBytes(call)
      checkCondition(call)
      const part = await keepBytes(call, call.payload.bytes)
      const object = { parts: [part], bytes: part.bytes, ...sumsOf(call), changedAt: call.now }
      await place(call, object)
      return { ETag: object.etag, ChecksumSHA256: object.sha256 }
    },
  },
  GetObject: {
    supports: [...at, 'ChecksumMode', 'IfMatch', 'Range'],
    resources: arnOf,
    run: async (call) => {
      const object = findObject(call, text(call, 'Bucket'), text(call, 'Key'))
      const [range, etag] = [call.input.text('Range'), call.input.text('IfMatch')]
      if (etag !== undefined && etag !== object.etag)
        throw awsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
      if (range === undefined) return { ...objectHeaders(object), Body: await bytesOf(call, object) }
      const Body = await rangeOf(call, object, range)
      const first = Number(/\d+/.exec(range)?.[0])
      const ContentRange = `bytes ${first}-${first + Body.length - 1}/${object.bytes}`
      return { ...objectHeaders(object), ChecksumSHA256: undefined, ContentLength: Body.length, ContentRange, Body }
    },
  },
  ListObjectsV2: {
    supports: ['Bucket', 'Prefix', 'MaxKeys', 'ContinuationToken'],
    action: 's3:ListBucket',
    resources: ({ input }) => [`arn:aws:s3:::${input.need('Bucket')}`],
    run: listObjects,
  },
  HeadObject: {
    supports: [...at, 'ChecksumMode'],
    action: 's3:GetObject',
    resources: arnOf,
    run: (call) => objectHeaders(findObject(call, text(call, 'Bucket'), text(call, 'Key'))),
  },
  DeleteObject: {
    supports: at,
    resources: arnOf,
    run: async (call) => {
      const { objects } = findBucket(call, text(call, 'Bucket'))
      const object = objects[text(call, 'Key')]
      delete objects[text(call, 'Key')]
      call.world.save()
      await removeBytes(call, object?.parts ?? [])
      return {}
    },
  },
  CreateMultipartUpload: {
    supports: [...at, 'ChecksumAlgorithm', 'ChecksumType'],
    action: 's3:PutObject',
    resources: arnOf,
    run: (call) => {
      const algorithm = call.input.text('ChecksumAlgorithm')
      if (algorithm !== undefined && algorithm !== 'SHA256' && algorithm !== 'CRC32')
        throw notImplemented(`the checksum algorithm ${algorithm}`)
      const id = newId('upload')
      const key = text(call, 'Key')
      const { uploads } = findBucket(call, text(call, 'Bucket'))
      uploads[id] = { id, key, startedAt: call.now, sha256: algorithm === 'SHA256', parts: {} }
      return { Bucket: text(call, 'Bucket'), Key: key, UploadId: id, ChecksumAlgorithm: algorithm }
    },
  },
  UploadPart: {
    supports: [...at, ...sums, 'PartNumber', 'UploadId'],
    action: 's3:PutObject',
    resources: arnOf,
    run: uploadPart,
  },
  CompleteMultipartUpload: {
    supports: [...at, 'UploadId', 'Parts', 'ChecksumSHA256', 'ChecksumType'],
    action: 's3:PutObject',
    resources: arnOf,
    run: completeUpload,
  },
  AbortMultipartUpload: {
    supports: [...at, 'UploadId'],
    resources: arnOf,
    run: async (call) => {
      const upload = findUpload(call, text(call, 'Bucket'), text(call, 'Key'), text(call, 'UploadId'))
      delete findBucket(call, text(call, 'Bucket')).uploads[upload.id]
      call.world.save()
      await removeBytes(call, Object.values(upload.parts))
      return {}
    },
  },
  ListParts: {
    supports: [...at, 'UploadId', 'MaxParts', 'PartNumberMarker'],
    action: 's3:ListMultipartUploadParts',
    resources: arnOf,
    run: (call) => {
      const upload = findUpload(call, text(call, 'Bucket'), text(call, 'Key'), text(call, 'UploadId'))
      const after = call.input.number('PartNumberMarker') ?? 0
      const size = Math.min(call.input.number('MaxParts') ?? 1000, 1000)
      const rest = Object.entries(upload.parts).filter(([number]) => Number(number) > after)
      const shown = rest.slice(0, size)
      return {
        Bucket: text(call, 'Bucket'),
        Key: upload.key,
        UploadId: upload.id,
        IsTruncated: rest.length > size,
        NextPartNumberMarker: Number(shown.at(-1)?.[0] ?? 0),
        ChecksumAlgorithm: upload.sha256 ? 'SHA256' : undefined,
        Part: shown.map(([number, part]) => ({
          PartNumber: Number(number),
          ETag: part.etag,
          Size: part.bytes,
          LastModified: new Date(part.changedAt).toISOString(),
          ChecksumSHA256: part.sha256,
        })),
      }
    },
  },
  ListMultipartUploads: {
    supports: ['Bucket', 'Prefix'],
    action: 's3:ListBucketMultipartUploads',
    resources: arnOf,
    run: (call) => {
      const prefix = call.input.text('Prefix') ?? ''
      const uploads = Object.values(findBucket(call, text(call, 'Bucket')).uploads)
      return {
        Bucket: text(call, 'Bucket'),
        IsTruncated: false,
        Upload: uploads
          .filter(({ key }) => key.startsWith(prefix))
          .map(({ id, key, startedAt }) => ({ Key: key, UploadId: id, Initiated: new Date(startedAt).toISOString() })),
      }
    },
  },
}
