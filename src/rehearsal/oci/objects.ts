import { hash, randomUUID } from 'node:crypto'
import { findBucket, findObject, objectNameIn, openedBy } from './buckets.ts'
import type { Call, Operations, Output } from './call.ts'
import { invalid, ociError } from './oci-error.ts'
import type { ObjectRecord, Tags } from './records.ts'
import { keepBytes, readObject, removeBytes } from './stored-bytes.ts'

/** The MD5 of the body, which must be that of the header where there is one. */
export function checkedMd5({ bytes, headers }: Pick<Call, 'bytes' | 'headers'>): string {
  const md5 = hash('md5', bytes, 'base64')
  const given = headers['content-md5']
  if (given !== undefined && given !== md5)
    throw ociError(
      'UnmatchedContentMD5',
      `The computed MD5 of the request body (${md5}) does not match the Content-MD5 header (${given})`,
    )
  return md5
}

/** Puts an object where another may be; its bytes go when the records no longer name them. */
export async function placeObject(
  { world }: Call,
  objects: Record<string, ObjectRecord>,
  name: string,
  object: ObjectRecord,
): Promise<void> {
  const before = objects[name]
  objects[name] = object
  world.save()
  await removeBytes(world, before?.parts ?? [])
}

function headersOf(object: ObjectRecord): Readonly<Record<string, string>> {
  return {
    'content-type': object.contentType,
    etag: object.etag,
    'last-modified': new Date(object.createdAt).toUTCString(),
    'storage-tier': 'Standard',
    ...(object.md5 !== undefined && { 'content-md5': object.md5 }),
    ...(object.multipartMd5 !== undefined && { 'opc-multipart-md5': object.multipartMd5 }),
    ...object.metadata,
  }
}

async function read({ world, headers }: Call, object: ObjectRecord): Promise<Output> {
  const range = headers.range
  if (range === undefined)
    return { headers: headersOf(object), bytes: await readObject(world, object, 0, object.bytes) }
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? []
  if (from === '' || Number(from) >= object.bytes)
    throw ociError('InvalidRange', `The range ${range} is not satisfiable`)
  const last = to === '' ? object.bytes - 1 : Math.min(Number(to), object.bytes - 1)
  const bytes = await readObject(world, object, Number(from), last - Number(from) + 1)
  const part = { 'content-range': `bytes ${from}-${last}/${object.bytes}` }
  return { status: 206, headers: { ...headersOf(object), ...part }, bytes }
}

function metadataIn(headers: Call['headers']): Tags {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name.startsWith('opc-meta-') ? [[name, String(value)]] : [])),
  )
}

const at = 'n/:namespace/b/:bucket/o'

/** https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/Object (2026-11) */
export const objectOperations: Operations = {
  ListObjects: {
    pattern: `GET ${at}`,
    query: ['prefix', 'limit', 'fields', 'start'],
    run(call) {
      const { objects } = findBucket(call, ['OBJECT_INSPECT'])
      const limit = Number(call.query.get('limit') ?? 1000)
      const start = call.query.get('start') ?? ''
      const fields = (call.query.get('fields') ?? 'name').split(',')
      const found = Object.entries(objects)
        .filter(([name]) => name.startsWith(call.query.get('prefix') ?? '') && name >= start)
        .sort(([a], [b]) => (a < b ? -1 : 1))
      const told = found.slice(0, limit).map(([name, { bytes, etag, md5, multipartMd5, createdAt }]) => {
        const all = {
          name,
          size: bytes,
          etag,
          md5: multipartMd5 ?? md5,
          timeCreated: new Date(createdAt).toISOString(),
        }
        return Object.fromEntries(Object.entries(all).filter(([field]) => field === 'name' || fields.includes(field)))
      })
      return { json: { objects: told, prefixes: [], nextStartWith: found[limit]?.[0] ?? null } }
    },
  },
  HeadObject: {
    pattern: `HEAD ${at}/:object`,
    run(call) {
      const object = findObject(findBucket(call, ['OBJECT_INSPECT']), objectNameIn(call))
      return { status: 200, headers: { ...headersOf(object), 'content-length': String(object.bytes) } }
    },
  },
  GetObject: {
    pattern: `GET ${at}/:object`,
    run: (call) => read(call, findObject(findBucket(call, ['OBJECT_READ']), objectNameIn(call))),
  },
  GetObjectByPreauthenticatedRequest: {
    pattern: 'GET p/:secret/n/:namespace/b/:bucket/o/:object',
    open: true,
    run(call) {
      const { secret = '', namespace = '', bucket = '' } = call.at
      const path = { secret, namespace, bucket, object: objectNameIn(call) }
      return read(call, openedBy(call.world.records, call.region.name, path, call.now))
    },
  },
  PutObject: {
    pattern: `PUT ${at}/:object`,
    raw: true,
    async run(call) {
      const { objects } = findBucket(call, ['OBJECT_CREATE'])
      const name = objectNameIn(call)
      if (call.headers['if-none-match'] === '*' && Object.hasOwn(objects, name))
        throw ociError('IfNoneMatchFailed', 'The If-None-Match header is * and the object exists')
      if (name === '') throw invalid('the object has no name')
      const md5 = checkedMd5(call)
      const part = await keepBytes(call.world, call.bytes)
      const contentType = call.headers['content-type'] ?? 'application/octet-stream'
      const words = { etag: randomUUID(), contentType, metadata: metadataIn(call.headers), createdAt: call.now }
      await placeObject(call, objects, name, { parts: [part], bytes: part.bytes, md5, ...words })
      return { status: 200, headers: { etag: words.etag, 'opc-content-md5': md5 } }
    },
  },
  DeleteObject: {
    pattern: `DELETE ${at}/:object`,
    async run(call) {
      const bucket = findBucket(call, ['OBJECT_DELETE'])
      const object = findObject(bucket, objectNameIn(call))
      delete bucket.objects[objectNameIn(call)]
      call.world.save()
      await removeBytes(call.world, object.parts)
      return {}
    },
  },
}
