import { SindriError } from '../../core/error.ts'
import { unlessGone } from '../gone.ts'
import { type Json, object, objects, operationOf, textOf } from './answers.ts'
import { compute, openGoogle, requestId } from './api-calls.ts'
import { openUploads } from './api-uploads.ts'
import { bucketOf, objectOf, policyOf } from './disk-answers.ts'
import type { GcpDiskApi, ImageSource } from './disk-port.ts'
import type { GcpHome } from './port.ts'

const storage = 'https://storage.googleapis.com/storage/v1/'
const resources = 'https://cloudresourcemanager.googleapis.com/v1/'

/**
 * Cloud Storage, Compute Engine and the Resource Manager as publishing a disk uses them. No call is made before it is
 * needed. https://cloud.google.com/storage/docs/json_api/v1 (read 2026-11)
 */
export function connectGcpDisk({ project, environment }: Pick<GcpHome, 'project' | 'environment'>): GcpDiskApi {
  const google = openGoogle(environment)
  const { send, all, change } = google
  const images = `projects/${project}/global/images`
  const at = (bucket: string, name: string): string => `${storage}b/${bucket}/o/${encodeURIComponent(name)}`

  async function listed(permission: string, what: string, url: string, query: Record<string, string>): Promise<Json[]> {
    const found: Json[] = []
    let pageToken = ''
    do {
      const params = { ...query, ...(pageToken === '' ? {} : { pageToken }) }
      const page = await send(permission, what, { url, params })
      found.push(...objects(page.items))
      pageToken = textOf(page, 'nextPageToken') ?? ''
    } while (pageToken !== '')
    return found
  }

  return {
    project,
    ...openUploads(google),

    async bucket(name) {
      const found = await listed('storage.buckets.list', project, `${storage}b`, { project, prefix: name })
      return found.map(bucketOf).find((one) => one.name === name)
    },
    async bucketTaken(name) {
      try {
        return (await unlessGone(send('storage.buckets.get', name, { url: `${storage}b/${name}` }))) !== undefined
      } catch (error) {
        if (error instanceof SindriError && error.code === 'denied') return true
        throw error
      }
    },
    async insertBucket(name, location, labels) {
      await send('storage.buckets.create', name, {
        method: 'POST',
        url: `${storage}b`,
        params: { project },
        data: {
          name,
          location,
          labels,
          iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: 'enforced' },
          // Else what is deleted is kept, and paid for, another week: https://cloud.google.com/storage/docs/soft-delete (2026-11).
          softDeletePolicy: { retentionDurationSeconds: '0' },
        },
      })
    },
    async deleteBucket(name) {
      await send('storage.buckets.delete', name, { method: 'DELETE', url: `${storage}b/${name}` })
    },

    async objects(bucket, prefix) {
      const found = await unlessGone(listed('storage.objects.list', bucket, `${storage}b/${bucket}/o`, { prefix }))
      return (found ?? []).map(objectOf)
    },
    async setMetadata(bucket, name, metadata) {
      await send('storage.objects.update', name, { method: 'PATCH', url: at(bucket, name), data: { metadata } })
    },
    async deleteObject(bucket, name) {
      await send('storage.objects.delete', name, { method: 'DELETE', url: at(bucket, name) })
    },

    async insertImage({ source, guestOsFeatures, storageLocation, ...image }, token) {
      const operation = await send('compute.images.create', image.name, {
        method: 'POST',
        url: `${compute}${images}`,
        params: { requestId: requestId(token) },
        data: {
          ...image,
          ...sourceOf(source, images),
          guestOsFeatures: guestOsFeatures.map((type) => ({ type })),
          storageLocations: [storageLocation],
        },
      })
      return textOf(operation, 'name') ?? ''
    },
    operation: async (name) =>
      operationOf(
        await send('compute.globalOperations.get', name, {
          url: `${compute}projects/${project}/global/operations/${name}`,
        }),
      ),
    setFamily: (image, family) => change('compute.images.update', 'PATCH', `${images}/${image}`, { family }),

    async policy(image) {
      const params = { optionsRequestedPolicyVersion: '3' }
      const url = `${compute}${images}/${image}/getIamPolicy`
      return policyOf(await send('compute.images.getIamPolicy', image, { url, params }))
    },
    async setPolicy(image, { bindings, etag }) {
      const url = `${compute}${images}/${image}/setIamPolicy`
      const data = { policy: { version: 3, bindings, etag } }
      try {
        await send('compute.images.setIamPolicy', image, { method: 'POST', url, data })
      } catch (error) {
        // Somebody else changed it: read again and written again, https://cloud.google.com/iam/docs/retry-strategy (2026-11).
        if (error instanceof SindriError && error.code === 'conflict')
          throw new SindriError('timeout', error.message, { cause: error })
        throw error
      }
    },

    async imageQuota() {
      const told = await send('compute.projects.get', project, { url: `${compute}projects/${project}` })
      const quota = objects(told.quotas).find(({ metric }) => metric === 'IMAGES')
      return quota && { limit: Number(quota.limit), usage: Number(quota.usage) }
    },
    regions: async () =>
      (await all('compute.regions.list', `projects/${project}/regions`, {})).map(
        (region) => textOf(region, 'name') ?? '',
      ),

    async strangers() {
      const url = `${resources}projects/${project}:getEffectiveOrgPolicy`
      const data = { constraint: 'constraints/iam.allowedPolicyMemberDomains' }
      try {
        const { listPolicy } = await send('orgpolicy.policy.get', project, { method: 'POST', url, data })
        const { allValues, allowedValues } = object(listPolicy)
        const limited = Array.isArray(allowedValues) && allowedValues.length > 0
        return allValues === 'DENY' || limited ? 'refused' : 'allowed'
      } catch (error) {
        // It takes a permission of the organisation, and an API that may be off.
        if (error instanceof SindriError && ['denied', 'failed', 'not-found'].includes(error.code)) return 'untold'
        throw error
      }
    },
  }
}

/** https://cloud.google.com/compute/docs/reference/rest/v1/images (rawDisk, sourceImage; read 2026-11) */
function sourceOf(source: ImageSource, images: string): object {
  if ('image' in source) return { sourceImage: `${images}/${source.image}` }
  const url = `https://storage.googleapis.com/${source.bucket}/${source.object}`
  return { rawDisk: { containerType: 'TAR', source: url } }
}
