import { SindriError } from '../../core/error.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { type Json, textOf } from './answers.ts'
import { openParts } from './api-parts.ts'
import type { OciRequests } from './api-requests.ts'
import { bucketOf, metadataOf } from './disk-answers.ts'
import type { Bucket, OciStorage, Upload } from './disk-port.ts'

/** https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/ (2026-11) */
export function openStorage(requests: OciRequests): OciStorage {
  const { endpointOf, send, one, all, remove } = requests
  const parts = openParts(requests)
  const storage = { service: 'objectstorage' } as const
  const names = new Map<string, Promise<string>>()
  const inBucket = ({ namespace, name }: Bucket, rest = ''): string => `n/${namespace}/b/${name}${rest}`
  const atUpload = (bucket: Bucket, { object }: Upload): string => inBucket(bucket, `/u/${encodeURIComponent(object)}`)

  const api: OciStorage = {
    namespace(region) {
      const asked =
        names.get(region) ??
        send(region, { ...storage, operation: 'GetNamespace', path: 'n' }).then(({ body }) => String(body))
      names.set(region, asked)
      return asked
    },
    async bucket(bucket) {
      const request = { ...storage, operation: 'GetBucket', what: bucket.name, path: inBucket(bucket) }
      const found = await unlessGone(one(bucket.region, request))
      return found && bucketOf(found)
    },
    async createBucket({ region, namespace, name }, compartmentId) {
      const body = {
        ...{ name, compartmentId, publicAccessType: 'NoPublicAccess', storageTier: 'Standard', versioning: 'Disabled' },
        freeformTags: { [tag.managed]: 'true' },
      }
      try {
        const path = `n/${namespace}/b`
        await send(region, { ...storage, operation: 'CreateBucket', what: name, method: 'POST', path, body })
      } catch (error) {
        // Somebody was quicker, or the first answer was lost.
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
      }
    },

    async object(bucket, name) {
      const path = inBucket(bucket, `/o/${encodeURIComponent(name)}`)
      const request = {
        ...storage,
        operation: 'HeadObject',
        what: `${bucket.name}/${name}`,
        method: 'HEAD',
        path,
      } as const
      const answer = await unlessGone(send(bucket.region, request))
      if (answer === undefined) return undefined
      return {
        etag: answer.headers.get('etag') ?? '',
        multipartMd5: answer.headers.get('opc-multipart-md5') ?? undefined,
        metadata: metadataOf(answer.headers),
      }
    },
    async objects(bucket, prefix) {
      const path = inBucket(bucket, '/o')
      const query = { prefix, fields: 'name', limit: '1000' }
      const request = { ...storage, operation: 'ListObjects', what: bucket.name, path, query, maybe: true }
      const found = await unlessGone(one(bucket.region, request))
      const { objects } = { objects: [], ...found }
      return (objects as readonly Json[]).map((each) => textOf(each, 'name') ?? '')
    },
    async deleteObject(bucket, name) {
      const path = inBucket(bucket, `/o/${encodeURIComponent(name)}`)
      const isThere = async (): Promise<boolean> => (await api.object(bucket, name)) !== undefined
      await remove(bucket.region, { ...storage, operation: 'DeleteObject', path }, isThere)
    },

    async startUpload(bucket, object, metadata) {
      const meta = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`opc-meta-${name}`, value]))
      const upload = await one(bucket.region, {
        ...storage,
        operation: 'CreateMultipartUpload',
        what: `${bucket.name}/${object}`,
        method: 'POST',
        path: inBucket(bucket, '/u'),
        body: { object, contentType: 'application/octet-stream', metadata: meta },
      })
      return textOf(upload, 'uploadId') ?? ''
    },
    async uploads(bucket) {
      const request = { ...storage, operation: 'ListMultipartUploads', what: bucket.name, path: inBucket(bucket, '/u') }
      const found = await unlessGone(all(bucket.region, { ...request, maybe: true }))
      return (found ?? []).map((each) => ({ object: textOf(each, 'object') ?? '', id: textOf(each, 'uploadId') ?? '' }))
    },
    async parts(bucket, upload) {
      const found = await all(bucket.region, {
        ...{ ...storage, operation: 'ListMultipartUploadParts', what: `${bucket.name}/${upload.object}` },
        ...{ path: atUpload(bucket, upload), query: { uploadId: upload.id }, maybe: true },
      })
      return found.map((part) => ({
        number: Number(part.partNumber),
        etag: textOf(part, 'etag') ?? '',
        md5: textOf(part, 'md5') ?? '',
      }))
    },
    putPart: parts.put,
    async commit(bucket, upload, stored) {
      const { headers } = await send(bucket.region, {
        ...{ ...storage, operation: 'CommitMultipartUpload', what: `${bucket.name}/${upload.object}`, method: 'POST' },
        ...{ path: atUpload(bucket, upload), query: { uploadId: upload.id }, maybe: true },
        // Of two runs that send the same, one makes the object.
        headers: { 'if-none-match': '*' },
        body: { partsToCommit: stored.map(({ number, etag }) => ({ partNum: number, etag })) },
      })
      return headers.get('opc-multipart-md5') ?? undefined
    },
    async abort(bucket, upload) {
      const isThere = async (): Promise<boolean> => (await api.uploads(bucket)).some(({ id }) => id === upload.id)
      const path = `${atUpload(bucket, upload)}?${new URLSearchParams({ uploadId: upload.id })}`
      await remove(bucket.region, { ...storage, operation: 'AbortMultipartUpload', path }, isThere)
    },

    async createAccess(bucket, objectName, name, expiresAt) {
      const made = await one(bucket.region, {
        ...{
          ...storage,
          operation: 'CreatePreauthenticatedRequest',
          what: `${bucket.name}/${objectName}`,
          method: 'POST',
        },
        path: inBucket(bucket, '/p'),
        body: { name, objectName, accessType: 'ObjectRead', timeExpires: new Date(expiresAt).toISOString() },
      })
      return `${endpointOf('objectstorage', bucket.region)}${textOf(made, 'accessUri')}`
    },
    async accesses(bucket, prefix) {
      const found = await unlessGone(
        all(bucket.region, {
          ...{ ...storage, operation: 'ListPreauthenticatedRequests', what: bucket.name, path: inBucket(bucket, '/p') },
          ...{ query: { objectNamePrefix: prefix }, maybe: true },
        }),
      )
      return (found ?? []).map((each) => ({
        id: textOf(each, 'id') ?? '',
        name: textOf(each, 'name') ?? '',
        object: textOf(each, 'objectName') ?? '',
      }))
    },
    async deleteAccess(bucket, id) {
      const path = inBucket(bucket, `/p/${encodeURIComponent(id)}`)
      const isThere = async (): Promise<boolean> => (await api.accesses(bucket, '')).some((each) => each.id === id)
      const request = { ...storage, operation: 'DeletePreauthenticatedRequest', path }
      await remove(bucket.region, request, isThere)
    },
  }
  return api
}
