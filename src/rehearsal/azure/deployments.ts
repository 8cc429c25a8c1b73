import { type Json, objectIn, objectsIn, textIn } from '../kit/json.ts'
import { azureError, isAzureError, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { expand, type Scope } from './expressions.ts'
import { type Maker, networkMakers } from './network.ts'
import { begun } from './operations.ts'
import type { DeploymentRecord } from './records.ts'
import { keyOf, resourceId } from './resource-ids.ts'
import { findGroup } from './resource-store.ts'
import { deploymentState, durationsMs } from './states.ts'
import { makeVirtualMachine } from './virtual-machines.ts'

const kind = 'Microsoft.Resources/deployments'

/** How a template's resources are made, in an order in which none needs one behind it. */
const makers: Readonly<Record<string, { readonly operation: string; readonly make: Maker }>> = {
  ...networkMakers,
  'microsoft.compute/virtualmachines': { operation: 'VirtualMachines.CreateOrUpdate', make: makeVirtualMachine },
}

const order = [
  'microsoft.network/networksecuritygroups',
  'microsoft.network/publicipaddresses',
  'microsoft.network/virtualnetworks',
  'microsoft.network/networkinterfaces',
  'microsoft.compute/virtualmachines',
]

interface Wanted {
  readonly type: string
  readonly name: string
  readonly body: Json
}

/** The resources of a template, with their expressions worked out, in the order they are made. */
function resourcesIn(call: Call): readonly Wanted[] {
  const { at, body } = call
  const properties = objectIn(body.properties)
  if (properties.mode !== 'Incremental') throw notImplemented(`the deployment mode ${String(properties.mode)}`)
  const template = objectIn(properties.template)
  const group = findGroup(call, call.id)
  const given = objectIn(properties.parameters)
  const parameters = Object.keys(objectIn(template.parameters)).map((name) => {
    const own = objectIn(given[name])
    const { defaultValue } = objectIn(objectIn(template.parameters)[name])
    if (own.value === undefined && defaultValue === undefined)
      throw azureError(
        400,
        'InvalidTemplate',
        `Deployment template validation failed: 'The value for the template parameter '${name}' is not provided.'.`,
      )
    return [name, own.value ?? defaultValue]
  })
  const scope: Scope = {
    subscription: at.subscription ?? '',
    group: group.name,
    location: group.location,
    parameters: Object.fromEntries(parameters),
    variables: objectIn(template.variables),
  }
  return objectsIn(template.resources)
    .filter((resource) => resource.condition === undefined || expand(resource.condition, scope) === true)
    .map((resource) => {
      const expanded = objectIn(expand(resource, scope))
      const type = textIn(expanded.type) ?? ''
      if (makers[type.toLowerCase()] === undefined) throw notImplemented(`a ${type} in a deployment`)
      if (textIn(expanded.apiVersion) === undefined)
        throw azureError(400, 'InvalidTemplate', `${type} has no apiVersion.`)
      return { type, name: textIn(expanded.name) ?? '', body: expanded }
    })
    .sort((a, b) => order.indexOf(a.type.toLowerCase()) - order.indexOf(b.type.toLowerCase()))
}

async function deploy(call: Call): Promise<DeploymentRecord> {
  const made: { id: string; type: string; name: string }[] = []
  const { at, now, id } = call
  const wanted = resourcesIn(call)
  const lasting = { id, name: at.name ?? '', createdAt: now, doneAt: now + durationsMs.operation }
  for (const { type, name, body } of wanted) {
    const own = resourceId(at.subscription ?? '', at.group ?? '', type, name)
    const maker = makers[type.toLowerCase()]
    made.push({ id: own, type, name })
    try {
      call.check(maker?.operation ?? '', `${type}/write`)
      await maker?.make(call, own, body)
    } catch (error) {
      // Azure fails the deployment, not the request; what was made before stays.
      if (!isAzureError(error) || error.status === 501) throw error
      return { ...lasting, made, error: failure({ code: error.code, message: error.message }) }
    }
  }
  return { ...lasting, made }
}

function failure(detail: Json): Json {
  const message =
    'At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.'
  return { code: 'DeploymentFailed', message, details: [detail] }
}

function output(deployment: DeploymentRecord, now: number): Json {
  const { id, name, made, error } = deployment
  const provisioningState = deploymentState(deployment, now)
  return {
    ...{ id, name, type: kind },
    properties: {
      provisioningState,
      mode: 'Incremental',
      timestamp: new Date(deployment.createdAt).toISOString(),
      outputResources: made.map((one) => ({ id: one.id })),
      ...(provisioningState === 'Failed' && { error }),
    },
  }
}

function find({ world }: Call, id: string): DeploymentRecord {
  const found = world.records.deployments[keyOf(id)]
  if (found !== undefined) return found
  throw azureError(404, 'DeploymentNotFound', `Deployment '${id.replace(/.*\//, '')}' could not be found.`)
}

const deployments = 'subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Resources/deployments/:name'
/** What Packer 1.6.6 asks, without the provider before it. */
const older = 'subscriptions/:subscription/resourcegroups/:group/deployments/:name/operations'

const operationsOf = (call: Call) => {
  const { made, ...deployment } = find(call, call.id.replace(/\/operations$/i, ''))
  const provisioningState = deploymentState({ ...deployment, made }, call.now)
  return ok({
    value: made.map(({ id, type, name }, index) => ({
      id: `${call.id}/${index}`,
      operationId: String(index),
      properties: { provisioningState, targetResource: { id, resourceType: type, resourceName: name } },
    })),
  })
}

/** https://learn.microsoft.com/rest/api/resources/deployments (2026-11) */
export const deploymentOperations: Operations = {
  'Deployments.Validate': {
    pattern: `POST ${deployments}/validate`,
    actions: [`${kind}/validate/action`],
    run: (call) => {
      const wanted = resourcesIn(call)
      const validatedResources = wanted.map(({ type, name }) => ({
        id: resourceId(call.at.subscription ?? '', call.at.group ?? '', type, name),
      }))
      return ok({
        id: call.id,
        type: kind,
        properties: { provisioningState: 'Succeeded', mode: 'Incremental', validatedResources },
      })
    },
  },
  'Deployments.CreateOrUpdate': {
    pattern: `PUT ${deployments}`,
    actions: [`${kind}/write`],
    async run(call) {
      const deployment = await deploy(call)
      const isNew = call.world.records.deployments[keyOf(call.id)] === undefined
      call.world.records.deployments[keyOf(call.id)] = deployment
      const { error } = deployment
      return begun(call, { status: isNew ? 201 : 200, body: output(deployment, call.now), ...(error && { error }) })
    },
  },
  'Deployments.Get': {
    pattern: `GET ${deployments}`,
    actions: [`${kind}/read`],
    run: (call) => ok(output(find(call, call.id), call.now)),
  },
  'Deployments.CheckExistence': {
    pattern: `HEAD ${deployments}`,
    actions: [`${kind}/read`],
    run: (call) => ({ status: call.world.records.deployments[keyOf(call.id)] === undefined ? 404 : 204 }),
  },
  'Deployments.Delete': {
    pattern: `DELETE ${deployments}`,
    actions: [`${kind}/delete`],
    run: (call) => {
      delete call.world.records.deployments[keyOf(call.id)]
      return begun(call, { status: 202 })
    },
  },
  'DeploymentOperations.List': {
    pattern: `GET ${deployments}/operations`,
    actions: [`${kind}/operations/read`],
    query: ['$top'],
    run: operationsOf,
  },
  'DeploymentOperations.ListBefore2019': {
    pattern: `GET ${older}`,
    actions: [`${kind}/operations/read`],
    query: ['$top'],
    run: (call) =>
      operationsOf({ ...call, id: call.id.replace(/\/deployments\//i, '/providers/Microsoft.Resources/deployments/') }),
  },
}
