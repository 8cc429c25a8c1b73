import { messageOf } from '../../core/error.ts'
import type { World } from './call.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { piecesOf } from './oss-bytes.ts'
import { emptyRecords } from './records.ts'

/** Brings machines and files in line with the records, after a restart or a crash at any moment. */
export async function reconcile(world: World, _now: number, tell: (line: string) => void): Promise<void> {
  // An account that was made before there was OSS lacks some tables.
  Object.assign(world.records, { ...emptyRecords(), ...world.records })
  const { instances, disks, snapshots } = world.records
  for (const instance of Object.values(instances)) {
    const change = instance.running ? startMachine(world, instance) : stopMachine(world, instance)
    await change.catch((error) => tell(`cannot bring ${instance.id} back: ${messageOf(error)}`))
  }
  const files = [...Object.values(disks), ...Object.values(snapshots)].map(({ file }) => file)
  const pieces = Object.values(world.records.buckets).flatMap(piecesOf)
  await world.disks.keepOnly(new Set([...files, ...pieces.map(({ file }) => file)]))
  world.save()
}
