import type { Json } from '../kit/json.ts'
import { azureError, groupNotFound, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { disposeOf } from './dispose.ts'
import { begun } from './operations.ts'
import { account, locationIn, locationList } from './places.ts'
import type { GroupRecord, ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { findGroup, resourcesOf, tagsIn } from './resource-store.ts'
import { actionsOf } from './role.ts'
import { provisioningState } from './states.ts'

function groupOutput({ id, name, location, tags }: GroupRecord): Json {
  const type = 'Microsoft.Resources/resourceGroups'
  return { id, name, type, location, tags, properties: { provisioningState: 'Succeeded' } }
}

function subscriptionOutput(subscription: string): Json {
  return {
    id: `/subscriptions/${subscription}`,
    subscriptionId: subscription,
    tenantId: account.tenant,
    displayName: 'rehearsal',
    state: 'Enabled',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
    authorizationSource: 'RoleBased',
  }
}

function genericOutput(resource: ResourceRecord, call: Call): Json {
  const { id, name, type, location, tags, sku } = resource
  const expand = call.query.get('$expand') ?? ''
  return {
    ...{ id, name, type, location, tags },
    ...(sku && { sku }),
    ...(expand.includes('createdTime') && { createdTime: new Date(resource.createdAt).toISOString() }),
    ...(expand.includes('provisioningState') && { provisioningState: provisioningState(resource, call.now) }),
  }
}

/** `tagName eq 'a' and tagValue eq 'b'` and `resourceType eq 'T'`, as far as they are about those. */
function passes(filter: string): (resource: ResourceRecord) => boolean {
  const tests = filter.split(/ and /i).filter((each) => each.trim() !== '')
  const wanted = Object.fromEntries(
    tests.map((test) => {
      const [, field = '', value = ''] = /^\s*(tagName|tagValue|resourceType)\s+eq\s+'([^']*)'\s*$/.exec(test) ?? []
      if (field === '') throw notImplemented(`the filter ${filter}`)
      return [field, value]
    }),
  )
  return ({ tags, type }) =>
    (wanted.tagName === undefined || tags[wanted.tagName] !== undefined) &&
    (wanted.tagValue === undefined || tags[wanted.tagName ?? ''] === wanted.tagValue) &&
    (wanted.resourceType === undefined || type.toLowerCase() === wanted.resourceType.toLowerCase())
}

/** https://learn.microsoft.com/rest/api/authorization/permissions (2026-11) */
function permissionsOf({ role }: Call): Json {
  const [actions, dataActions] = actionsOf(role)
  return { value: [{ actions, notActions: [], dataActions, notDataActions: [] }] }
}

const subscription = 'subscriptions/:subscription'
const group = `${subscription}/resourceGroups/:group`

/** https://learn.microsoft.com/rest/api/resources (2026-11) */
export const groupOperations: Operations = {
  'Tenants.List': {
    pattern: 'GET tenants',
    actions: [],
    run: () =>
      ok({ value: [{ id: `/tenants/${account.tenant}`, tenantId: account.tenant, displayName: 'rehearsal' }] }),
  },
  'Subscriptions.List': {
    pattern: 'GET subscriptions',
    actions: [],
    run: () => ok({ value: [subscriptionOutput(account.subscription)] }),
  },
  'Subscriptions.Get': {
    pattern: `GET ${subscription}`,
    actions: ['Microsoft.Resources/subscriptions/read'],
    run: ({ at }) => ok(subscriptionOutput(at.subscription ?? '')),
  },
  'Subscriptions.ListLocations': {
    pattern: `GET ${subscription}/locations`,
    actions: [],
    run: ({ at }) => ok({ value: locationList(at.subscription ?? '') }),
  },
  'Permissions.ListForSubscription': {
    pattern: `GET ${subscription}/providers/Microsoft.Authorization/permissions`,
    actions: [],
    run: (call) => ok(permissionsOf(call)),
  },
  'Permissions.ListForResourceGroup': {
    pattern: `GET ${group}/providers/Microsoft.Authorization/permissions`,
    actions: [],
    run: (call) => {
      findGroup(call, call.id)
      return ok(permissionsOf(call))
    },
  },
  'ResourceGroups.List': {
    pattern: `GET ${subscription}/resourceGroups`,
    actions: ['Microsoft.Resources/subscriptions/resourceGroups/read'],
    query: ['$filter', '$top'],
    run: ({ world, at }) => {
      const own = Object.values(world.records.groups).filter((one) => one.subscription === at.subscription)
      return ok({ value: own.map(groupOutput) })
    },
  },
  'ResourceGroups.Get': {
    pattern: `GET ${group}`,
    actions: ['Microsoft.Resources/subscriptions/resourceGroups/read'],
    run: (call) => ok(groupOutput(findGroup(call, call.id))),
  },
  'ResourceGroups.CheckExistence': {
    pattern: `HEAD ${group}`,
    actions: ['Microsoft.Resources/subscriptions/resourceGroups/read'],
    run: ({ world, id }) => ({ status: world.records.groups[keyOf(id)] === undefined ? 404 : 204 }),
  },
  'ResourceGroups.CreateOrUpdate': {
    pattern: `PUT ${group}`,
    actions: ['Microsoft.Resources/subscriptions/resourceGroups/write'],
    run: ({ world, id, at, body, now }) => {
      const name = at.group ?? ''
      if (!/^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$/u.test(name))
        throw azureError(400, 'InvalidResourceGroupName', `The provided resource group name '${name}' is invalid.`)
      const earlier = world.records.groups[keyOf(id)]
      const location = locationIn(body.location)
      if (earlier !== undefined && earlier.location !== location)
        throw azureError(
          409,
          'InvalidResourceGroupLocation',
          `Invalid resource group location '${location}'. The Resource group already exists in location '${earlier.location}'.`,
        )
      const kept = { id: earlier?.id ?? id, subscription: at.subscription ?? '', name, location }
      const made = { ...kept, tags: tagsIn(body.tags), createdAt: earlier?.createdAt ?? now }
      world.records.groups[keyOf(id)] = made
      return { status: earlier === undefined ? 201 : 200, body: groupOutput(made) }
    },
  },
  'ResourceGroups.Delete': {
    pattern: `DELETE ${group}`,
    actions: ['Microsoft.Resources/subscriptions/resourceGroups/delete'],
    query: ['forceDeletionTypes'],
    async run(call) {
      const { world, id } = call
      const found = world.records.groups[keyOf(id)]
      if (found === undefined) throw groupNotFound(call.at.group ?? '')
      for (const resource of resourcesOf(call, { below: found.id })) await disposeOf(call, resource)
      for (const key of Object.keys(world.records.deployments))
        if (key.startsWith(`${keyOf(id)}/`)) delete world.records.deployments[key]
      delete world.records.groups[keyOf(id)]
      return begun(call, { status: 202 })
    },
  },
  'Resources.List': {
    pattern: `GET ${subscription}/resources`,
    actions: ['Microsoft.Resources/subscriptions/resources/read'],
    query: ['$filter', '$expand', '$top'],
    run: (call) => {
      const own = resourcesOf(call, { subscription: call.at.subscription ?? '' })
      const found = own.filter(passes(call.query.get('$filter') ?? ''))
      return ok({ value: found.map((one) => genericOutput(one, call)) })
    },
  },
  'Resources.ListByResourceGroup': {
    pattern: `GET ${group}/resources`,
    actions: ['Microsoft.Resources/subscriptions/resourceGroups/resources/read'],
    query: ['$filter', '$expand', '$top'],
    run: (call) => {
      findGroup(call, call.id.replace(/\/resources$/i, ''))
      const own = resourcesOf(call, { subscription: call.at.subscription ?? '', group: call.at.group ?? '' })
      const found = own.filter(passes(call.query.get('$filter') ?? ''))
      return ok({ value: found.map((one) => genericOutput(one, call)) })
    },
  },
}
