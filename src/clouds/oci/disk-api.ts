import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import { SindriError } from '../../core/error.ts'
import type { Environment } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { imageOf, type Json, textOf } from './answers.ts'
import { openRequests } from './api-requests.ts'
import { openStorage } from './api-storage.ts'
import { capabilityOf, schemaDataOf } from './disk-answers.ts'
import type { OciDiskApi } from './disk-port.ts'

/** The one schema that all images' are checked against. */
const globalSchema = 'OCI.ComputeGlobalImageCapabilitySchema'

/** Object Storage, Compute, Identity and Limits as publishing a disk uses them. No call is made before it is needed. */
export function connectOciDisk(
  { useInstancePrincipals, accessCfgFile, accessCfgFileAccount }: OciReleaseSettings,
  environment: Environment,
): OciDiskApi {
  const settings = { useInstancePrincipals, accessCfgFile, accessCfgFileAccount }
  const requests = openRequests(settings, environment)
  const { credentials, send, one, all, remove } = requests
  const atImage = (id: string, rest = ''): string => `images/${encodeURIComponent(id)}${rest}`

  const api: OciDiskApi = {
    async identity() {
      const { tenancy, user } = await credentials()
      return user === undefined ? tenancy : `${user} of ${tenancy}`
    },
    ...openStorage(requests),

    async images(region, compartmentId) {
      const request = { operation: 'ListImages', what: `images of ${compartmentId} in ${region}`, path: 'images' }
      return (await all(region, { ...request, query: { compartmentId } })).map(imageOf)
    },
    async importImage(region, image) {
      const { body, headers } = await send(region, {
        ...{
          operation: 'CreateImage',
          what: `${image.name} in ${region}`,
          method: 'POST',
          path: 'images',
          token: image.token,
        },
        body: {
          compartmentId: image.compartment,
          displayName: image.name,
          launchMode: 'PARAVIRTUALIZED',
          imageSourceDetails: {
            sourceType: 'objectStorageUri',
            sourceUri: image.sourceUri,
            sourceImageType: 'QCOW2',
            operatingSystem: image.operatingSystem,
            operatingSystemVersion: image.operatingSystemVersion,
          },
          freeformTags: image.tags,
        },
      })
      return { imageId: textOf(body as Json, 'id') ?? '', workRequest: headers.get('opc-work-request-id') ?? '' }
    },
    image: async (region, id) => imageOf(await one(region, { operation: 'GetImage', path: atImage(id) })),
    deleteImage: (region, id) =>
      remove(region, { operation: 'DeleteImage', path: atImage(id) }, async () => {
        return (await api.image(region, id)).state !== 'DELETED'
      }),
    async importProgress(region, id) {
      const path = `workRequests/${encodeURIComponent(id)}`
      const request = await one(region, { operation: 'GetWorkRequest', path })
      const status = textOf(request, 'status') ?? ''
      const errors =
        status === 'FAILED' ? await all(region, { operation: 'ListWorkRequestErrors', path: `${path}/errors` }) : []
      return {
        status,
        fraction: Number(request.percentComplete ?? 0) / 100,
        errors: errors.map((each) => `${textOf(each, 'message')} (${textOf(each, 'code')})`),
      }
    },

    async capabilities(region, compartmentId, imageId) {
      const request = { operation: 'ListComputeImageCapabilitySchemas', path: 'computeImageCapabilitySchemas' }
      return (await all(region, { ...request, query: { compartmentId, imageId } })).map(capabilityOf)
    },
    async createCapabilities(region, compartmentId, imageId, options) {
      await send(region, {
        ...{ operation: 'CreateComputeImageCapabilitySchema', what: imageId, method: 'POST' },
        path: 'computeImageCapabilitySchemas',
        // Whoever calls it again looks first whether it is there.
        once: true,
        body: {
          ...{ compartmentId, imageId, schemaData: schemaDataOf(options) },
          computeGlobalImageCapabilitySchemaVersionName: await globalVersion(region),
          freeformTags: { [tag.managed]: 'true' },
        },
      })
    },
    async updateCapabilities(region, id, options) {
      const path = `computeImageCapabilitySchemas/${encodeURIComponent(id)}`
      const body = { schemaData: schemaDataOf(options) }
      await send(region, { operation: 'UpdateComputeImageCapabilitySchema', method: 'PUT', path, body })
    },
    async deleteCapabilities(region, id) {
      const path = `computeImageCapabilitySchemas/${encodeURIComponent(id)}`
      const request = { operation: 'DeleteComputeImageCapabilitySchema', path }
      const get = { operation: 'GetComputeImageCapabilitySchema', path }
      await remove(region, request, async () => (await one(region, get)).lifecycleState !== 'DELETED')
    },
    async shapes(region, id) {
      const request = { operation: 'ListImageShapeCompatibilityEntries', path: atImage(id, '/shapes') }
      return (await all(region, request)).map((each) => textOf(each, 'shape') ?? '')
    },
    async addShape(region, id, shape) {
      const path = atImage(id, `/shapes/${encodeURIComponent(shape)}`)
      await send(region, { operation: 'AddImageShapeCompatibilityEntry', method: 'PUT', path, body: {} })
    },

    async subscribedRegions(region) {
      const { tenancy } = await credentials()
      const path = `tenancies/${tenancy}/regionSubscriptions`
      // A list of a page, which takes no limit.
      const { body } = await send(region, {
        service: 'identity',
        operation: 'ListRegionSubscriptions',
        path,
        query: {},
      })
      return (body as readonly Json[])
        .filter(({ status }) => status === 'READY')
        .map((each) => textOf(each, 'regionName') ?? '')
    },
    async imagesLeft(region) {
      const { tenancy: compartmentId } = await credentials()
      const path = 'services/compute/limits/custom-image-count/resourceAvailability'
      const request = {
        service: 'limits',
        operation: 'GetResourceAvailability',
        path,
        query: { compartmentId },
      } as const
      const found = await unlessGone(one(region, { ...request, maybe: true }))
      return typeof found?.available === 'number' ? found.available : undefined
    },
  }

  async function globalVersion(region: string): Promise<string> {
    const path = 'computeGlobalImageCapabilitySchemas'
    const query = { displayName: globalSchema }
    const [found] = await all(region, { operation: 'ListComputeGlobalImageCapabilitySchemas', path, query })
    const version = found && textOf(found, 'currentVersionName')
    if (version !== undefined) return version
    throw new SindriError('failed', `${region} tells no version of ${globalSchema}`)
  }

  return api
}
