import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { SindriError } from '../../core/error.ts'
import { unlessGone } from '../gone.ts'
import { type Json, object, textOf } from './answers.ts'
import { openArm } from './api-arm.ts'
import { openPageBlobs } from './api-blobs.ts'
import { accountOf, definitionOf, featuresOf, galleryOf, versionOf } from './disk-answers.ts'
import type { AzureDiskApi, TargetRegion } from './disk-port.ts'
import type { AzureHome } from './port.ts'
import { locationOf, typeOf } from './resource-id.ts'

/** The built-in role Reader. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/general#reader (2026-11) */
const readerRole = 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
const emptyAttempts = 12
const authorization = 'api-version=2022-04-01'

/** Azure Resource Manager and Blob Storage as publishing a disk uses them. No call is made before it is needed. */
export function connectAzureDisk(home: AzureHome): AzureDiskApi {
  const { source, token, send, read, all, change } = openArm(home)
  const root = `/subscriptions/${home.subscription}`
  const role = `${root}/providers/Microsoft.Authorization/roleDefinitions/${readerRole}`

  /** A version as it is asked for to change it: what Azure alone sets is left out. */
  async function retargeted(id: string, targets: readonly TargetRegion[]): Promise<Json> {
    const found = await read(id, 'Microsoft.Compute/galleries/images/versions/read')
    const { provisioningState: _, ...properties } = object(found.properties)
    const { publishedDate: __, ...profile } = object(properties.publishingProfile)
    const publishingProfile = { ...profile, targetRegions: targets.map(targetRegion) }
    return { location: found.location, tags: found.tags, properties: { ...properties, publishingProfile } }
  }

  return {
    ...openPageBlobs(token, source),

    async providerState(namespace) {
      const at = `${root}/providers/${namespace}?api-version=2021-04-01`
      return (
        textOf(await read(at, 'Microsoft.Resources/subscriptions/providers/read'), 'registrationState') ?? 'Unknown'
      )
    },

    async locations() {
      const at = `${root}/locations?api-version=2022-12-01`
      const found = await all(at, 'Microsoft.Resources/subscriptions/locations/read')
      return found
        .filter(({ metadata }) => textOf(object(metadata), 'regionType') !== 'Logical')
        .map((location) => locationOf(textOf(location, 'name') ?? ''))
    },

    account: async (id) => accountOf(await read(id, 'Microsoft.Storage/storageAccounts/read')),

    async accountNameProblem(name) {
      const action = 'Microsoft.Storage/checknameavailability/read'
      const at = `${root}/providers/Microsoft.Storage/checkNameAvailability`
      const body = { name, type: 'Microsoft.Storage/storageAccounts' }
      const { body: answer } = await send({ method: 'POST', at, body, action })
      return answer.nameAvailable === true ? undefined : (textOf(answer, 'message') ?? 'the name is taken')
    },

    async putAccount(id, { location, tags }) {
      // https://learn.microsoft.com/rest/api/storagerp/storage-accounts/create (2026-11)
      const body = {
        ...{ location, tags, kind: 'StorageV2', sku: { name: 'Standard_LRS' } },
        properties: {
          allowBlobPublicAccess: false,
          minimumTlsVersion: 'TLS1_2',
          supportsHttpsTrafficOnly: true,
        },
      }
      await change({ method: 'PUT', at: id, body, action: 'Microsoft.Storage/storageAccounts/write' })
    },

    async putContainer(account, name) {
      const at = `${account}/blobServices/default/containers/${name}`
      const body = { properties: { publicAccess: 'None' } }
      const action = 'Microsoft.Storage/storageAccounts/blobServices/containers/write'
      await change({ method: 'PUT', at, body, action })
    },

    async galleries() {
      const at = `${root}/providers/Microsoft.Compute/galleries`
      return (await all(at, 'Microsoft.Compute/galleries/read')).map(galleryOf)
    },

    async gallery(id) {
      return galleryOf(
        await read(`${id}?api-version=2024-03-03&$select=Permissions`, 'Microsoft.Compute/galleries/read'),
      )
    },

    async putGallery(id, { location, tags, community }) {
      const sharingProfile = community && { permissions: 'Community', communityGalleryInfo: community }
      const body = { location, tags, properties: sharingProfile === undefined ? {} : { sharingProfile } }
      await change({ method: 'PUT', at: id, body, action: 'Microsoft.Compute/galleries/write' })
    },

    async shareGallery(id, to) {
      // https://learn.microsoft.com/rest/api/compute/gallery-sharing-profile/update (2026-11)
      const body = { operationType: to === 'community' ? 'EnableCommunity' : 'Reset' }
      await change({ method: 'POST', at: `${id}/share`, body, action: 'Microsoft.Compute/galleries/share/action' })
    },

    definition: async (id) => definitionOf(await read(id, 'Microsoft.Compute/galleries/images/read')),

    async definitions(gallery) {
      const found = await all(`${gallery}/images`, 'Microsoft.Compute/galleries/images/read')
      return found.map((one) => textOf(one, 'id') ?? '')
    },

    async putDefinition(id, { publisher, offer, sku, generation, architecture, features, location, tags }) {
      const properties = {
        ...{ osType: 'Linux', osState: 'Generalized', hyperVGeneration: generation, architecture },
        identifier: { publisher, offer, sku },
        features: featuresOf(features),
      }
      const body = { location, tags, properties }
      await change({ method: 'PUT', at: id, body, action: 'Microsoft.Compute/galleries/images/write' })
    },

    async version(id) {
      const at = `${id}?api-version=2024-03-03&$expand=ReplicationStatus`
      return versionOf(await read(at, 'Microsoft.Compute/galleries/images/versions/read'))
    },

    async startVersion(id, { location, tags, target, account, url }) {
      const properties = {
        publishingProfile: { targetRegions: [targetRegion(target)], excludeFromLatest: true },
        storageProfile: { osDiskImage: { source: { storageAccountId: account, uri: url } } },
        // Without it a region cannot be taken away again.
        safetyProfile: { allowDeletionOfReplicatedLocations: true },
      }
      const body = { location, tags, properties }
      await send({ method: 'PUT', at: id, body, action: 'Microsoft.Compute/galleries/images/versions/write' })
    },

    async startTargets(id, targets) {
      const body = await retargeted(id, targets)
      await send({ method: 'PUT', at: id, body, action: 'Microsoft.Compute/galleries/images/versions/write' })
    },

    async putTargets(id, targets) {
      const body = await retargeted(id, targets)
      await change({ method: 'PUT', at: id, body, action: 'Microsoft.Compute/galleries/images/versions/write' })
    },

    async deleteEmpty(id) {
      for (let attempt = 1; ; attempt++) {
        try {
          await unlessGone(change({ method: 'DELETE', at: id, action: `${typeOf(id)}/delete` }))
          return
        } catch (error) {
          // What was in it is gone, and still counted for a while.
          const counted = error instanceof SindriError && error.code === 'conflict'
          if (!counted || attempt === emptyAttempts) throw error
        }
        await pause(5_000)
      }
    },

    async readers(id) {
      const at = `${id}/providers/Microsoft.Authorization/roleAssignments?${authorization}&$filter=atScope()`
      const found = await all(at, 'Microsoft.Authorization/roleAssignments/read')
      return found.flatMap((one) => {
        const { scope, roleDefinitionId, principalId } = object(one.properties)
        // Those of the gallery, of the group and of the subscription are listed too.
        const own = String(scope).toLowerCase() === id.toLowerCase() && String(roleDefinitionId).endsWith(readerRole)
        return own ? [{ assignment: textOf(one, 'id') ?? '', principal: String(principalId).toLowerCase() }] : []
      })
    },

    async addReader(id, principal) {
      const name = uuidOf(`${id.toLowerCase()} ${readerRole} ${principal}`)
      const at = `${id}/providers/Microsoft.Authorization/roleAssignments/${name}?${authorization}`
      const body = { properties: { roleDefinitionId: role, principalId: principal } }
      try {
        await send({ method: 'PUT', at, body, action: 'Microsoft.Authorization/roleAssignments/write' })
      } catch (error) {
        // RoleAssignmentExists: the same, under a name that another chose.
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
      }
    },

    async removeReader(assignment) {
      const at = `${assignment}?${authorization}`
      await send({ method: 'DELETE', at, action: 'Microsoft.Authorization/roleAssignments/delete' })
    },
  }
}

function targetRegion({ name, replicas, storage }: TargetRegion): Json {
  return { name, regionalReplicaCount: replicas, storageAccountType: storage }
}

/** A role assignment is called by a UUID: the same for the same, so that it is made once. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
