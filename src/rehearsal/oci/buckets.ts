import { createHash } from 'node:crypto'
import { type Json, textIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { invalid, ociError } from './oci-error.ts'
import type { BucketRecord, ObjectRecord } from './records.ts'
import { requiredIn, resourceIn } from './resource.ts'

/** The one namespace of the tenancy. */
export const namespace = 'sindrirehearsal'

const keyOf = (region: string, name: string): string => `${region}/${name}`

function checkNamespace(call: Call): void {
  if (call.at.namespace !== namespace)
    throw ociError('NamespaceNotFound', `The namespace ${call.at.namespace} does not exist or you are not authorized.`)
}

/** The bucket of the path in the region of the request, for somebody with these permissions. */
export function findBucket(call: Call, permissions: readonly string[] = []): BucketRecord {
  checkNamespace(call)
  const name = call.at.bucket ?? ''
  const found = call.world.records.buckets?.[keyOf(call.region.name, name)]
  const missing = ociError(
    'BucketNotFound',
    `Either the bucket named '${name}' does not exist in the namespace '${namespace}' or you are not authorized to access it`,
  )
  if (found === undefined) throw missing
  try {
    call.allow(permissions, found.compartmentId)
  } catch {
    throw missing
  }
  return found
}

/** The object that the path names, which is encoded there. */
export function objectNameIn({ at }: Pick<Call, 'at'>): string {
  return decodeURIComponent(at.object ?? '')
}

/** An object of the bucket. */
export function findObject({ objects }: BucketRecord, name: string): ObjectRecord {
  const found = Object.hasOwn(objects, name) ? objects[name] : undefined
  if (found === undefined)
    throw ociError('ObjectNotFound', `The object '${name}' was not found in the bucket, or you are not authorized.`)
  return found
}

/** Looks up what a pre-authenticated URL opens; refuses as for an object that is not there. */
export function openedBy(
  records: Call['world']['records'],
  region: string,
  path: { readonly secret: string; readonly namespace: string; readonly bucket: string; readonly object: string },
  now: number,
): ObjectRecord {
  const bucket = path.namespace === namespace ? records.buckets?.[keyOf(region, path.bucket)] : undefined
  const secret = createHash('sha256').update(path.secret).digest('hex')
  const access = Object.values(bucket?.accesses ?? {}).find((one) => one.secret === secret)
  if (bucket === undefined || access === undefined || access.object !== path.object || access.expiresAt <= now)
    throw ociError('NotAuthenticated', 'PAR does not exist or has expired')
  return findObject(bucket, path.object)
}

function bucketOutput(bucket: BucketRecord): Json {
  return {
    ...{ namespace, name: bucket.displayName, compartmentId: bucket.compartmentId, id: bucket.id },
    ...{ createdBy: 'rehearsal', timeCreated: new Date(bucket.createdAt).toISOString(), etag: bucket.id },
    ...{ publicAccessType: bucket.publicAccess, storageTier: bucket.tier, versioning: bucket.versioning },
    ...{ freeformTags: bucket.freeformTags, definedTags: bucket.definedTags, metadata: {} },
    ...{ isReadOnly: false, replicationEnabled: false, objectEventsEnabled: false },
  }
}

/** https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/Bucket (2026-11) */
export const bucketOperations: Operations = {
  GetNamespace: {
    pattern: 'GET n',
    query: ['compartmentId'],
    run: () => ({ json: namespace }),
  },
  CreateBucket: {
    pattern: 'POST n/:namespace/b',
    body: [
      ...['name', 'compartmentId', 'publicAccessType', 'storageTier', 'versioning', 'freeformTags', 'definedTags'],
    ],
    run(call) {
      checkNamespace(call)
      const { body, world, region } = call
      const name = requiredIn(body, 'name')
      if (!/^[A-Za-z0-9._-]{1,256}$/.test(name))
        throw ociError('InvalidBucketName', `The bucket name '${name}' is invalid`)
      const resource = resourceIn(call, 'bucket')
      call.allow(['BUCKET_CREATE'], resource.compartmentId)
      const publicAccess = textIn(body.publicAccessType) ?? 'NoPublicAccess'
      const tier = textIn(body.storageTier) ?? 'Standard'
      if (!['NoPublicAccess', 'ObjectRead', 'ObjectReadWithoutList'].includes(publicAccess))
        throw invalid(`publicAccessType ${publicAccess}`)
      if (tier !== 'Standard' && tier !== 'Archive') throw invalid(`storageTier ${tier}`)
      if (world.records.buckets?.[keyOf(region.name, name)] !== undefined)
        throw ociError(
          'BucketAlreadyExists',
          `Either the bucket '${name}' in namespace '${namespace}' already exists or you are not authorized to create it`,
        )
      const bucket: BucketRecord = {
        ...{ ...resource, displayName: name, publicAccess, tier, versioning: textIn(body.versioning) ?? 'Disabled' },
        ...{ objects: {}, uploads: {}, accesses: {} },
      }
      world.records.buckets = { ...world.records.buckets, [keyOf(region.name, name)]: bucket }
      return { json: bucketOutput(bucket) }
    },
  },
  GetBucket: {
    pattern: 'GET n/:namespace/b/:bucket',
    run: (call) => ({ json: bucketOutput(findBucket(call, ['BUCKET_READ'])) }),
  },
  HeadBucket: {
    pattern: 'HEAD n/:namespace/b/:bucket',
    run(call) {
      findBucket(call, ['BUCKET_INSPECT'])
      return { status: 200 }
    },
  },
  DeleteBucket: {
    pattern: 'DELETE n/:namespace/b/:bucket',
    run(call) {
      const bucket = findBucket(call, ['BUCKET_DELETE'])
      if ([bucket.objects, bucket.uploads, bucket.accesses].some((things) => Object.keys(things).length > 0))
        throw ociError('BucketNotEmpty', `Bucket named '${bucket.displayName}' is not empty. Delete all objects first.`)
      delete call.world.records.buckets?.[keyOf(call.region.name, bucket.displayName)]
      return {}
    },
  },
}
