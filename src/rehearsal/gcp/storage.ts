import { type Json, objectIn, textIn } from '../kit/json.ts'
import { page } from '../kit/pages.ts'
import type { Call, Operations } from './call.ts'
import { gcpError } from './gcp-error.ts'
import { labelsIn } from './input.ts'
import { regionNames } from './places.ts'
import type { BucketRecord, ObjectRecord } from './records.ts'

const root = 'https://www.googleapis.com/storage/v1'

/** A bucket by its name. */
export function findBucket({ world }: Pick<Call, 'world'>, name: string): BucketRecord {
  const { buckets } = world.records
  const bucket = Object.hasOwn(buckets, name) ? buckets[name] : undefined
  if (bucket === undefined) throw gcpError('notFound', 'The specified bucket does not exist.')
  return bucket
}

/** An object by its name. */
export function findObject(call: Pick<Call, 'world'>, bucket: string, name: string): ObjectRecord {
  findBucket(call, bucket)
  const { objects } = call.world.records
  const key = `${bucket}/${name}`
  const object = Object.hasOwn(objects, key) ? objects[key] : undefined
  if (object === undefined) throw gcpError('notFound', `No such object: ${key}`)
  return object
}

/** https://cloud.google.com/storage/docs/json_api/v1/objects#resource (2026-11) */
export function objectOutput(object: ObjectRecord): Json {
  const { bucket, name, generation, contentType, sizeBytes, md5, metadata, createdAt } = object
  const at = new Date(createdAt).toISOString()
  const own = `${root}/b/${bucket}/o/${encodeURIComponent(name)}`
  return {
    ...{ kind: 'storage#object', id: `${bucket}/${name}/${generation}`, selfLink: own, mediaLink: `${own}?alt=media` },
    ...{ name, bucket, generation, metageneration: '1', contentType, storageClass: 'STANDARD' },
    ...{ size: String(sizeBytes), md5Hash: md5, crc32c: object.crc32c, etag: generation, metadata },
    ...{ timeCreated: at, updated: at, timeFinalized: at },
  }
}

function bucketOutput(bucket: BucketRecord): Json {
  const { name, location, labels, createdAt, iamConfiguration, softDeletePolicy } = bucket
  const at = new Date(createdAt).toISOString()
  return {
    ...{ kind: 'storage#bucket', id: name, name, selfLink: `${root}/b/${name}`, projectNumber: '100000000001' },
    ...{ location: location.toUpperCase(), locationType: location.includes('-') ? 'region' : 'multi-region' },
    ...{ labels, iamConfiguration, softDeletePolicy, storageClass: 'STANDARD', timeCreated: at, updated: at },
    ...{ etag: 'CAE=', metageneration: '1' },
  }
}

function insertBucket({ query, body, world, now }: Call): Json {
  const { buckets } = world.records
  const name = textIn(body.name) ?? ''
  const location = (textIn(body.location) ?? 'us').toLowerCase()
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(name) || name.startsWith('goog'))
    throw gcpError('invalid', `Invalid bucket name: '${name}'`)
  if (!['us', 'eu', 'asia', ...regionNames].includes(location))
    throw gcpError('invalid', `The specified location constraint is not valid: ${location}`)
  if (buckets[name] !== undefined)
    throw gcpError('conflict', 'Your previous request to create the named bucket succeeded and you already own it.')
  const bucket: BucketRecord = {
    ...{ name, location, createdAt: now, project: query.get('project') ?? '', labels: labelsIn(body.labels) },
    ...{ iamConfiguration: objectIn(body.iamConfiguration), softDeletePolicy: objectIn(body.softDeletePolicy) },
  }
  buckets[name] = bucket
  return bucketOutput(bucket)
}

function listed<T>(call: Call, kind: string, things: readonly T[], output: (thing: T) => Json): Json {
  const size = Number(call.query.get('maxResults') ?? 1000)
  const cut = page(things, size, call.query.get('pageToken') ?? undefined)
  if (cut === undefined) throw gcpError('invalid', 'Invalid argument.')
  return {
    kind,
    ...(cut.items.length > 0 && { items: cut.items.map(output) }),
    ...(cut.next && { nextPageToken: cut.next }),
  }
}

const named = ({ at }: Call): readonly [string, string] => [at.bucket ?? '', decodeURIComponent(at.object ?? '')]

/** Answers may hold more than `fields` asks for. */
const partial = ['fields', 'projection'] as const
const listQuery = [...partial, 'prefix', 'maxResults', 'pageToken'] as const

/** Buckets and objects, by their paths below /storage/v1/. https://cloud.google.com/storage/docs/json_api/v1 (2026-11) */
export const storageOperations: Operations = {
  'storage.buckets.list': {
    pattern: 'GET b',
    permissions: ['storage.buckets.list'],
    query: [...listQuery, 'project'],
    run: (call) => {
      const [project, prefix] = [call.query.get('project'), call.query.get('prefix') ?? '']
      const found = Object.values(call.world.records.buckets)
        .filter((one) => one.project === project && one.name.startsWith(prefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
      return listed(call, 'storage#buckets', found, bucketOutput)
    },
  },
  'storage.buckets.get': {
    pattern: 'GET b/:bucket',
    permissions: ['storage.buckets.get'],
    query: partial,
    run: (call) => bucketOutput(findBucket(call, call.at.bucket ?? '')),
  },
  'storage.buckets.insert': {
    pattern: 'POST b',
    permissions: ['storage.buckets.create'],
    query: [...partial, 'project'],
    body: ['name', 'location', 'labels', 'iamConfiguration', 'softDeletePolicy', 'storageClass'],
    run: insertBucket,
  },
  'storage.buckets.delete': {
    pattern: 'DELETE b/:bucket',
    permissions: ['storage.buckets.delete'],
    run: (call) => {
      const { name } = findBucket(call, call.at.bucket ?? '')
      const { buckets, objects } = call.world.records
      if (Object.values(objects).some((object) => object.bucket === name))
        throw gcpError('conflict', 'The bucket you tried to delete is not empty.')
      delete buckets[name]
      return {}
    },
  },
  'storage.objects.list': {
    pattern: 'GET b/:bucket/o',
    permissions: ['storage.objects.list'],
    query: [...listQuery, 'delimiter'],
    run: (call) => {
      const { name: bucket } = findBucket(call, call.at.bucket ?? '')
      const prefix = call.query.get('prefix') ?? ''
      const delimiter = call.query.get('delimiter') ?? ''
      const found = Object.values(call.world.records.objects)
        .filter((one) => one.bucket === bucket && one.name.startsWith(prefix))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
      // What has the delimiter behind the prefix is told of once, as a folder is.
      const folderOf = ({ name }: ObjectRecord): string | undefined => {
        const at = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
        return at === -1 ? undefined : name.slice(0, at + delimiter.length)
      }
      const folders = [...new Set(found.map(folderOf))].filter((folder) => folder !== undefined)
      const plain = found.filter((object) => folderOf(object) === undefined)
      return {
        ...listed(call, 'storage#objects', plain, objectOutput),
        ...(folders.length > 0 && { prefixes: folders }),
      }
    },
  },
  'storage.objects.get': {
    pattern: 'GET b/:bucket/o/:object',
    permissions: ['storage.objects.get'],
    query: partial,
    run: (call) => objectOutput(findObject(call, ...named(call))),
  },
  'storage.objects.patch': {
    pattern: 'PATCH b/:bucket/o/:object',
    permissions: ['storage.objects.update'],
    query: partial,
    body: ['metadata'],
    run: (call) => {
      const object = findObject(call, ...named(call))
      const changed = Object.entries(objectIn(call.body.metadata)).map(([key, text]) => [key, String(text)] as const)
      object.metadata = { ...object.metadata, ...Object.fromEntries(changed) }
      return objectOutput(object)
    },
  },
  'storage.objects.delete': {
    pattern: 'DELETE b/:bucket/o/:object',
    permissions: ['storage.objects.delete'],
    run: async (call) => {
      const { file } = findObject(call, ...named(call))
      delete call.world.records.objects[named(call).join('/')]
      // The bytes go when the records no longer name them.
      call.world.save()
      await call.world.disks.remove(file)
      return {}
    },
  },
}
