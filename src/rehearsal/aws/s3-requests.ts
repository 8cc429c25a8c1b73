import type { Request } from '../kit/front.ts'
import { awsError, notImplemented } from './aws-error.ts'
import type { Fields, Value } from './query.ts'
import { awsHost } from './regions.ts'

interface Place {
  readonly bucket?: string
  readonly key?: string
}

/** Bucket and key, with the bucket in the host name or at the beginning of the path. */
function placeOf(request: Request): Place {
  const path = decodeURIComponent(request.path).slice(1)
  const inHost = awsHost(request.host)?.bucket
  const slash = path.indexOf('/')
  const bucket = inHost ?? (slash < 0 ? path : path.slice(0, slash))
  const key = inHost === undefined ? (slash < 0 ? '' : path.slice(slash + 1)) : path
  return { ...(bucket !== '' && { bucket }), ...(key !== '' && { key }) }
}

interface Route {
  readonly method: string
  readonly on: 'bucket' | 'key'
  /** The word in the query that tells it apart. */
  readonly word?: string
  /** Other words, under the names of the members. */
  readonly query?: Readonly<Record<string, string>>
}

const upload = { uploadId: 'UploadId' }

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html (2026-11) */
const routes: Readonly<Record<string, Route>> = {
  CreateBucket: { method: 'PUT', on: 'bucket' },
  DeleteBucket: { method: 'DELETE', on: 'bucket' },
  HeadBucket: { method: 'HEAD', on: 'bucket' },
  GetBucketLocation: { method: 'GET', on: 'bucket', word: 'location' },
  ListMultipartUploads: { method: 'GET', on: 'bucket', word: 'uploads', query: { prefix: 'Prefix' } },
  CreateMultipartUpload: { method: 'POST', on: 'key', word: 'uploads' },
  UploadPart: { method: 'PUT', on: 'key', word: 'uploadId', query: { ...upload, partNumber: 'PartNumber' } },
  CompleteMultipartUpload: { method: 'POST', on: 'key', word: 'uploadId', query: upload },
  AbortMultipartUpload: { method: 'DELETE', on: 'key', word: 'uploadId', query: upload },
  ListParts: {
    method: 'GET',
    on: 'key',
    word: 'uploadId',
    query: { ...upload, 'max-parts': 'MaxParts', 'part-number-marker': 'PartNumberMarker' },
  },
  ListObjectsV2: {
    method: 'GET',
    on: 'bucket',
    word: 'list-type',
    query: { prefix: 'Prefix', 'max-keys': 'MaxKeys', 'continuation-token': 'ContinuationToken' },
  },
  PutObject: { method: 'PUT', on: 'key' },
  GetObject: { method: 'GET', on: 'key' },
  HeadObject: { method: 'HEAD', on: 'key' },
  DeleteObject: { method: 'DELETE', on: 'key' },
}

/** Words that ask for nothing: which call it is (the SDK for JavaScript tells), and how the list is to be written. */
const idle = new Set(['x-id', 'encoding-type'])

/** The operation a request to S3 asks for; for what the stand-in lacks, its method and its words. */
export function s3Name(request: Request): string {
  const { bucket, key } = placeOf(request)
  if (bucket === undefined) return request.method === 'GET' ? 'ListBuckets' : ''
  const words = [...request.query.keys()].filter((word) => !idle.has(word))
  const found = Object.entries(routes).find(
    ([, { method, on, word, query }]) =>
      request.method === method &&
      (on === 'key') === (key !== undefined) &&
      (word === undefined || words.includes(word)) &&
      words.every((each) => each === word || Object.hasOwn(query ?? {}, each)),
  )
  return found?.[0] ?? [request.method, key === undefined ? 'bucket' : 'object', ...words].join(' ')
}

const headers: Readonly<Record<string, string>> = {
  'content-md5': 'ContentMD5',
  'if-match': 'IfMatch',
  'if-modified-since': 'IfModifiedSince',
  'if-none-match': 'IfNoneMatch',
  'if-unmodified-since': 'IfUnmodifiedSince',
  range: 'Range',
  'x-amz-checksum-algorithm': 'ChecksumAlgorithm',
  'x-amz-checksum-crc32': 'ChecksumCRC32',
  'x-amz-checksum-mode': 'ChecksumMode',
  'x-amz-checksum-sha256': 'ChecksumSHA256',
  'x-amz-checksum-type': 'ChecksumType',
  'x-amz-sdk-checksum-algorithm': 'ChecksumAlgorithm',
}

const ofEveryRequest = new Set(['x-amz-content-sha256', 'x-amz-date', 'x-amz-user-agent'])

const numbers = new Set(['PartNumber', 'MaxKeys', 'MaxParts', 'PartNumberMarker'])

function textIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replaceAll('&quot;', '"')
}

function bodyOf(name: string, xml: string): Fields {
  const location = textIn(xml, 'LocationConstraint')
  if (name === 'CreateBucket') return location === undefined ? {} : { LocationConstraint: location }
  if (name !== 'CompleteMultipartUpload') return {}
  const parts = [...xml.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']): Fields => {
    const sum = textIn(part, 'ChecksumSHA256')
    return {
      PartNumber: Number(textIn(part, 'PartNumber')),
      ETag: textIn(part, 'ETag') ?? '',
      ...(sum !== undefined && { ChecksumSHA256: sum }),
    }
  })
  return { Parts: parts }
}

/** The parameters of a request to S3: out of its path, its query, its headers and its XML. */
export function s3Fields(name: string, request: Request): Fields {
  const { bucket, key } = placeOf(request)
  if (bucket === undefined) throw awsError('InvalidBucketName', 'The specified bucket is not valid.')
  const query = Object.entries(routes[name]?.query ?? {}).flatMap(([word, member]): [string, Value][] => {
    const value = request.query.get(word)
    return value === null ? [] : [[member, numbers.has(member) ? Number(value) : value]]
  })
  const given = Object.entries(request.headers).flatMap(([header, value]): [string, Value][] => {
    const member = Object.hasOwn(headers, header) ? headers[header] : undefined
    if (member === undefined && header.startsWith('x-amz-') && !ofEveryRequest.has(header))
      throw notImplemented(`the header ${header} of ${name}`)
    return member === undefined || typeof value !== 'string' ? [] : [[member, value]]
  })
  const read = request.method === 'PUT' && key !== undefined ? {} : bodyOf(name, request.body.toString('utf8'))
  return {
    Bucket: bucket,
    ...(key !== undefined && { Key: key }),
    ...Object.fromEntries([...query, ...given]),
    ...read,
  }
}
