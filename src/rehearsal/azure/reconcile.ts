import { messageOf } from '../../core/error.ts'
import type { World } from './call.ts'
import { startMachine } from './instance-machine.ts'
import { pageListOf } from './page-list.ts'
import { emptyRecords } from './records.ts'

/** An operation is forgotten after an hour; Azure keeps them for some days. */
const forgetMs = 3_600_000

/** Brings machines and files in line with the records, after a restart or a crash at any moment. */
export async function reconcile(world: World, now: number, tell: (line: string) => void): Promise<void> {
  // Records of before have none of the newer tables.
  Object.assign(world.records, { ...emptyRecords(), ...world.records })
  const { resources, operations, blobs } = world.records
  for (const resource of Object.values(resources)) {
    if (resource.machine?.running !== true) continue
    await startMachine(world, resource).catch((error) =>
      tell(`cannot start ${resource.name} again: ${messageOf(error)}`),
    )
  }
  for (const { id, doneAt } of Object.values(operations)) if (now > doneAt + forgetMs) delete operations[id]
  const files = Object.values(resources).flatMap(({ file }) => file ?? [])
  const sent = Object.values(blobs).flatMap(({ file }) => [file, pageListOf(file)])
  await world.disks.keepOnly(new Set([...files, ...sent]))
  world.save()
}
