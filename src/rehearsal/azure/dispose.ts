import type { Call, Reply } from './call.ts'
import { stopMachine } from './instance-machine.ts'
import { begun } from './operations.ts'
import { removeBlobsOf } from './page-blobs.ts'
import type { ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { forget } from './resource-store.ts'

const accountType = 'Microsoft.Storage/storageAccounts'

/** Removes a resource with the machine or the file that it is, whatever still uses it. */
export async function disposeOf(call: Pick<Call, 'world'>, resource: ResourceRecord): Promise<void> {
  if (resource.machine !== undefined) await stopMachine(call.world, resource.machine)
  forget(call, resource.id)
  if (resource.file !== undefined) await call.world.disks.remove(resource.file)
  if (resource.type === accountType) await removeBlobsOf(call.world, resource.name)
}

/** The answer to who removes a resource: it goes on after the answer. */
export async function removed(call: Call): Promise<Reply> {
  const found = call.world.records.resources[keyOf(call.id)]
  if (found === undefined) return { status: 204 }
  await disposeOf(call, found)
  return begun(call, { status: 202 })
}
