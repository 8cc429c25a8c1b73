import { SindriError } from '../../core/error.ts'
import { grantOf, groupOf, imageOf, type Json, object, resourceOf, textOf } from './answers.ts'
import { openArm } from './api-arm.ts'
import type { AzureApi, AzureHome } from './port.ts'
import { typeOf } from './resource-id.ts'

/** Azure Resource Manager as Sindri uses it. No call is made before it is needed. */
export function connectAzure(home: AzureHome): AzureApi {
  const { subscription } = home
  const { source, token, send, read, all, change } = openArm(home)
  const root = `/subscriptions/${subscription}`
  const inGroup = (group: string): string => `${root}/resourceGroups/${group}`

  const ofGroups = 'Microsoft.Resources/subscriptions/resourceGroups'
  const putAction = (id: string): string => `${typeOf(id)}/write`

  return {
    subscription,
    source: async () => source,

    async identity() {
      const claims = claimsOf(await token())
      await read(root, 'Microsoft.Resources/subscriptions/read')
      const names = ['upn', 'unique_name', 'appid', 'oid'].map((name) => textOf(claims, name))
      return names.find((name) => name !== undefined) ?? 'a principal without a name'
    },

    async grants(group) {
      const at = group === undefined ? root : inGroup(group)
      try {
        const path = `${at}/providers/Microsoft.Authorization/permissions`
        return (await all(path, 'Microsoft.Authorization/permissions/read')).map(grantOf)
      } catch (error) {
        if (error instanceof SindriError && error.code !== 'credentials') return undefined
        throw error
      }
    },

    group: async (name) => groupOf(await read(inGroup(name), `${ofGroups}/read`)),
    async putGroup({ name, location, tags }) {
      await change({ method: 'PUT', at: inGroup(name), body: { location, tags }, action: `${ofGroups}/write` })
    },
    deleteGroup: (name) => change({ method: 'DELETE', at: inGroup(name), action: `${ofGroups}/delete` }),
    resources: async (group) =>
      (await all(`${inGroup(group)}/resources?$expand=provisioningState`, `${ofGroups}/resources/read`)).map(
        resourceOf,
      ),

    managedImages: async (group) =>
      (await all(`${inGroup(group)}/providers/Microsoft.Compute/images`, 'Microsoft.Compute/images/read')).map(imageOf),
    versions: async (definition) =>
      (await all(`${definition}/versions`, 'Microsoft.Compute/galleries/images/versions/read')).map(imageOf),
    image: async (id) => imageOf(await read(id, `${typeOf(id)}/read`)),

    async changeVersion(id, { endOfLife, excludedFromLatest }) {
      const found = await read(id, `${typeOf(id)}/read`)
      const properties = object(found.properties)
      const { endOfLifeDate: _, ...profile } = object(properties.publishingProfile)
      const publishingProfile = {
        ...profile,
        excludeFromLatest: excludedFromLatest,
        ...(endOfLife && { endOfLifeDate: endOfLife }),
      }
      const { location, tags } = found
      const body = { location, tags, properties: { ...properties, publishingProfile } }
      await change({ method: 'PUT', at: id, body, action: putAction(id) })
    },

    async publicKey(group, name) {
      const at = `${inGroup(group)}/providers/Microsoft.Compute/sshPublicKeys/${name}`
      const found = await read(at, 'Microsoft.Compute/sshPublicKeys/read')
      return (textOf(object(found.properties), 'publicKey') ?? '').trim()
    },

    async put(kind, group, name, body) {
      const at = `${inGroup(group)}/providers/${kind}/${name}`
      await send({ method: 'PUT', at, body, action: putAction(at) })
    },
    async get(id) {
      const properties = object((await read(id, `${typeOf(id)}/read`)).properties)
      return { state: textOf(properties, 'provisioningState') ?? 'Unknown', properties }
    },
    delete: (id) => change({ method: 'DELETE', at: id, action: `${typeOf(id)}/delete` }),
  }
}

/** What is said in a token about whom it is for. */
function claimsOf(token: string): Json {
  try {
    return object(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')))
  } catch {
    return {}
  }
}
