import type { Answer } from '../kit/front.ts'
import { escapeXml, type Output } from './answer.ts'

const roots: Readonly<Record<string, string>> = {
  CompleteMultipartUpload: 'CompleteMultipartUploadResult',
  CreateMultipartUpload: 'InitiateMultipartUploadResult',
  GetBucketLocation: 'LocationConstraint',
  ListMultipartUploads: 'ListMultipartUploadsResult',
  ListObjectsV2: 'ListBucketResult',
  ListParts: 'ListPartsResult',
}

const headers: Readonly<Record<string, string>> = {
  BucketRegion: 'x-amz-bucket-region',
  ChecksumAlgorithm: 'x-amz-checksum-algorithm',
  ChecksumSHA256: 'x-amz-checksum-sha256',
  ContentLength: 'content-length',
  ContentRange: 'content-range',
  ETag: 'etag',
  LastModified: 'last-modified',
  Location: 'location',
}

function element(name: string, value: Output): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return value.map((each) => element(name, each)).join('')
  const content =
    typeof value === 'object'
      ? Object.entries(value)
          .map(([inner, each]) => element(inner, each))
          .join('')
      : escapeXml(String(value))
  return `<${name}>${content}</${name}>`
}

const opening = '<?xml version="1.0" encoding="UTF-8"?>\n'
const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

/** A document. Some clients read a bare text only where the root names its namespace, as S3's own does. */
function documentOf(root: string, content: Output): string {
  return opening + element(root, content).replace(`<${root}>`, `<${root} ${namespace}>`)
}

/** What S3 answers: a document for some operations, headers alone for the others. */
export function s3Answer(name: string, output: Output): Answer {
  const root = roots[name]
  const fields = typeof output === 'object' ? output : {}
  if (root === undefined || name === 'CreateMultipartUpload') {
    const told = Object.entries(fields).flatMap(([member, value]) => {
      const header = Object.hasOwn(headers, member) ? headers[member] : undefined
      return header === undefined || value === undefined ? [] : [[header, String(value)]]
    })
    const status = name.startsWith('Delete') || name.startsWith('Abort') ? 204 : 200
    const bytes: unknown = Reflect.get(fields, 'Body')
    if (Buffer.isBuffer(bytes))
      return { status: 'ContentRange' in fields ? 206 : 200, headers: Object.fromEntries(told), body: bytes }
    const body = root === undefined ? '' : documentOf(root, output)
    return { status, headers: { ...Object.fromEntries(told), 'content-type': 'application/xml' }, body }
  }
  const content = name === 'GetBucketLocation' ? Object.values(fields)[0] : output
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: documentOf(root, content) }
}
