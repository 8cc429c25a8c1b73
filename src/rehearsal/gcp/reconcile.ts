import { messageOf } from '../../core/error.ts'
import type { World } from './call.ts'
import { startMachine } from './instance-machine.ts'
import { emptyRecords } from './records.ts'
import { uploadLifetimeMs } from './uploads.ts'

/** An operation is forgotten after an hour; Google keeps them for two weeks. */
const forgetMs = 3_600_000

/** Brings machines and files in line with the records, after a restart or a crash at any moment. */
export async function reconcile(world: World, now: number, tell: (line: string) => void): Promise<void> {
  // An account of before there was all of this has fewer tables.
  Object.assign(world.records, { ...emptyRecords(), ...world.records })
  const { instances, disks, images, operations, requests, objects, uploads } = world.records
  for (const instance of Object.values(instances)) {
    await startMachine(world, instance).catch((error) =>
      tell(`cannot start ${instance.name} again: ${messageOf(error)}`),
    )
  }
  for (const operation of Object.values(operations))
    if (now > operation.doneAt + forgetMs) delete operations[operation.path]
  for (const [id, { operation }] of Object.entries(requests))
    if (operations[operation] === undefined) delete requests[id]
  for (const [id, { createdAt }] of Object.entries(uploads)) if (now > createdAt + uploadLifetimeMs) delete uploads[id]
  const files = [disks, images, objects, uploads].flatMap((table) => Object.values(table).map(({ file }) => file))
  await world.disks.keepOnly(new Set(files))
  world.save()
}
