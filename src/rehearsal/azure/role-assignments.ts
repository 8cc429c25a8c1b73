import { type Json, objectIn, textIn } from '../kit/json.ts'
import { azureError, invalid, notFound, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import type { RoleAssignmentRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { findResource } from './resource-store.ts'

const action = 'Microsoft.Authorization/roleAssignments'
const gallery = 'subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Compute/galleries/:gallery'
/** What a role can be assigned on, by the name of its operations. */
const scopes = {
  Gallery: gallery,
  GalleryImage: `${gallery}/images/:image`,
  GalleryImageVersion: `${gallery}/images/:image/versions/:version`,
}
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const below = /\/providers\/Microsoft\.Authorization\/.*$/i

function output({ id, name, scope, role, principal, createdAt }: RoleAssignmentRecord): Json {
  const createdOn = new Date(createdAt).toISOString()
  const properties = { roleDefinitionId: role, principalId: principal, principalType: 'User', scope, createdOn }
  return { id, name, type: action, properties }
}

/** https://learn.microsoft.com/rest/api/authorization/role-assignments/create (2026-11) */
function put(call: Call) {
  const scope = findResource(call, call.id.replace(below, '')).id
  const { roleDefinitionId, principalId } = objectIn(call.body.properties)
  const [role, principal] = [textIn(roleDefinitionId), textIn(principalId)]
  const name = call.at.name ?? ''
  if (!uuid.test(name))
    throw azureError(400, 'InvalidRoleAssignmentId', `The role assignment ID '${name}' is not valid.`)
  if (role === undefined || !uuid.test(role.replace(/.*\//, ''))) throw invalid('The role definition is not valid.')
  if (principal === undefined || !uuid.test(principal)) throw invalid('The principal is not valid.')
  const table = call.world.records.roleAssignments
  const same = (one: RoleAssignmentRecord): boolean =>
    keyOf(one.scope) === keyOf(scope) && one.role === role && one.principal.toLowerCase() === principal.toLowerCase()
  const earlier = table[keyOf(call.id)]
  if (earlier !== undefined && !same(earlier))
    throw azureError(
      409,
      'RoleAssignmentUpdateNotPermitted',
      'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
    )
  if (earlier === undefined && Object.values(table).some(same))
    throw azureError(409, 'RoleAssignmentExists', 'The role assignment already exists.')
  const made = earlier ?? { id: call.id, name, scope, role, principal, createdAt: call.now }
  table[keyOf(call.id)] = made
  return { status: earlier === undefined ? 201 : 200, body: output(made) }
}

/** Those of a scope and of all above it. */
function listed(call: Call) {
  const filter = call.query.get('$filter') ?? ''
  if (filter !== '' && filter !== 'atScope()') throw notImplemented(`the filter ${filter} of role assignments`)
  const scope = findResource(call, call.id.replace(below, '')).id
  const found = Object.values(call.world.records.roleAssignments).filter((one) =>
    `${keyOf(scope)}/`.startsWith(`${keyOf(one.scope)}/`),
  )
  return ok({ value: found.map(output) })
}

function operationsOf(name: string, scope: string): Operations {
  const all = `${scope}/providers/Microsoft.Authorization/roleAssignments`
  return {
    [`RoleAssignments.CreateFor${name}`]: { pattern: `PUT ${all}/:name`, actions: [`${action}/write`], run: put },
    [`RoleAssignments.GetFor${name}`]: {
      pattern: `GET ${all}/:name`,
      actions: [`${action}/read`],
      run(call) {
        const found = call.world.records.roleAssignments[keyOf(call.id)]
        if (found === undefined) throw notFound(call.id)
        return ok(output(found))
      },
    },
    [`RoleAssignments.ListFor${name}`]: {
      pattern: `GET ${all}`,
      actions: [`${action}/read`],
      query: ['$filter'],
      run: listed,
    },
    [`RoleAssignments.DeleteFor${name}`]: {
      pattern: `DELETE ${all}/:name`,
      actions: [`${action}/delete`],
      run(call) {
        const found = call.world.records.roleAssignments[keyOf(call.id)]
        if (found === undefined) return { status: 204 }
        delete call.world.records.roleAssignments[keyOf(call.id)]
        return ok(output(found))
      },
    },
  }
}

/** Who may read a gallery and what is in it. */
export const roleAssignmentOperations: Operations = Object.assign(
  {},
  ...Object.entries(scopes).map(([name, scope]) => operationsOf(name, scope)),
)
