import { azureError } from './azure-error.ts'
import { type Operations, ok } from './call.ts'
import { disposeOf } from './dispose.ts'
import { begun } from './operations.ts'
import { keyOf } from './resource-ids.ts'
import { findResource, listed, resourceOutput } from './resource-store.ts'

const kind = 'Microsoft.Compute/disks'
const all = `subscriptions/:subscription/resourceGroups/:group/providers/${kind}`

/** https://learn.microsoft.com/rest/api/compute/disks (2026-11) */
export const diskOperations: Operations = {
  'Disks.ListByResourceGroup': {
    pattern: `GET ${all}`,
    actions: [`${kind}/read`],
    run: (call) => listed(call, { group: call.at.group ?? '', type: kind }),
  },
  'Disks.Get': {
    pattern: `GET ${all}/:name`,
    actions: [`${kind}/read`],
    run: (call) => ok(resourceOutput(findResource(call, call.id), call.now)),
  },
  'Disks.Delete': {
    pattern: `DELETE ${all}/:name`,
    actions: [`${kind}/delete`],
    async run(call) {
      const found = call.world.records.resources[keyOf(call.id)]
      if (found === undefined) return { status: 204 }
      const machines = Object.values(call.world.records.resources)
      const user = machines.find(({ machine }) => machine !== undefined && keyOf(machine.disk) === keyOf(found.id))
      if (user !== undefined)
        throw azureError(409, 'OperationNotAllowed', `Disk ${found.name} is attached to VM ${user.id}.`)
      await disposeOf(call, found)
      return begun(call, { status: 202 })
    },
  },
}
