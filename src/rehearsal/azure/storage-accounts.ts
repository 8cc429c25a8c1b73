import { type Json, objectIn, textIn } from '../kit/json.ts'
import { azureError, invalid, notFound, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { disposeOf } from './dispose.ts'
import { keyOf, partsOf } from './resource-ids.ts'
import { findResource, keep, placedIn, resourceOutput, resourcesOf } from './resource-store.ts'

const kind = 'Microsoft.Storage/storageAccounts'
const all = `subscriptions/:subscription/resourceGroups/:group/providers/${kind}`
const containers = `${all}/:name/blobServices/default/containers/:container`
const inContainers = `${kind}/blobServices/containers`

function takenBy(call: Call, name: string): string | undefined {
  return Object.values(call.world.records.resources).find((one) => one.type === kind && one.name === name)?.id
}

function checkName(name: string): void {
  if (/^[a-z0-9]{3,24}$/.test(name)) return
  throw azureError(
    400,
    'AccountNameInvalid',
    `${name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in length and use numbers and lower-case letters only.`,
  )
}

/** https://learn.microsoft.com/rest/api/storagerp/storage-accounts/create (2026-11) */
function put(call: Call) {
  const name = call.at.name ?? ''
  checkName(name)
  const taken = takenBy(call, name)
  if (taken !== undefined && keyOf(taken) !== keyOf(call.id))
    throw azureError(409, 'StorageAccountAlreadyTaken', `The storage account named ${name} is already taken.`)
  if (call.body.kind !== 'StorageV2') throw notImplemented(`storage accounts of the kind ${String(call.body.kind)}`)
  const sku = textIn(objectIn(call.body.sku).name)
  if (sku === undefined) throw invalid('The sku of a storage account is missing.')
  const properties: Json = {
    ...objectIn(call.body.properties),
    primaryEndpoints: { blob: `https://${name}.blob.core.windows.net/` },
    creationTime: new Date(call.now).toISOString(),
  }
  const made = {
    ...placedIn(call, call.id, kind, call.body),
    ...{ readyAt: call.now, sku: { name: sku, tier: sku.replace(/_.*/, '') }, properties },
  }
  keep(call, made)
  return ok({ ...resourceOutput(made, call.now), kind: 'StorageV2' })
}

const output = (call: Call) => ok({ ...resourceOutput(findResource(call, call.id), call.now), kind: 'StorageV2' })

/** https://learn.microsoft.com/rest/api/storagerp/storage-accounts and blob-containers (2026-11) */
export const storageAccountOperations: Operations = {
  'StorageAccounts.CheckNameAvailability': {
    pattern: 'POST subscriptions/:subscription/providers/Microsoft.Storage/checkNameAvailability',
    actions: ['Microsoft.Storage/checknameavailability/read'],
    run(call) {
      const name = String(call.body.name ?? '')
      if (takenBy(call, name) === undefined) return ok({ nameAvailable: true })
      const message = `The storage account named ${name} is already taken.`
      return ok({ nameAvailable: false, reason: 'AlreadyExists', message })
    },
  },
  'StorageAccounts.ListByResourceGroup': {
    pattern: `GET ${all}`,
    actions: [`${kind}/read`],
    run: (call) => {
      const found = resourcesOf(call, { group: call.at.group ?? '', type: kind })
      return ok({ value: found.map((one) => ({ ...resourceOutput(one, call.now), kind: 'StorageV2' })) })
    },
  },
  'StorageAccounts.List': {
    pattern: `GET subscriptions/:subscription/providers/${kind}`,
    actions: [`${kind}/read`],
    run: (call) => {
      const found = resourcesOf(call, { subscription: call.at.subscription ?? '', type: kind })
      return ok({ value: found.map((one) => ({ ...resourceOutput(one, call.now), kind: 'StorageV2' })) })
    },
  },
  'StorageAccounts.Get': { pattern: `GET ${all}/:name`, actions: [`${kind}/read`], query: ['$expand'], run: output },
  'StorageAccounts.Create': { pattern: `PUT ${all}/:name`, actions: [`${kind}/write`], run: put },
  'StorageAccounts.Delete': {
    pattern: `DELETE ${all}/:name`,
    actions: [`${kind}/delete`],
    async run(call) {
      const found = call.world.records.resources[keyOf(call.id)]
      if (found === undefined) return { status: 204 }
      await disposeOf(call, found)
      return { status: 200 }
    },
  },
  'BlobContainers.Create': {
    pattern: `PUT ${containers}`,
    actions: [`${inContainers}/write`],
    run(call) {
      const { account, key, name } = containerIn(call)
      findResource(call, account)
      if (!/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name))
        throw azureError(400, 'ContainerNameInvalid', `The container name ${name} is invalid.`)
      const isNew = call.world.records.containers[key] === undefined
      call.world.records.containers[key] ??= { createdAt: call.now }
      return { status: isNew ? 201 : 200, body: containerOutput(call) }
    },
  },
  'BlobContainers.Get': {
    pattern: `GET ${containers}`,
    actions: [`${inContainers}/read`],
    run(call) {
      if (call.world.records.containers[containerIn(call).key] === undefined) throw notFound(call.id)
      return ok(containerOutput(call))
    },
  },
}

function containerIn({ at, id }: Call): { readonly account: string; readonly key: string; readonly name: string } {
  const name = at.container ?? ''
  return { account: id.replace(/\/blobServices\/.*/i, ''), key: `${at.name}/${name}`, name }
}

function containerOutput({ id }: Call): Json {
  return { id, name: partsOf(id).name, type: inContainers, properties: { publicAccess: 'None' } }
}
