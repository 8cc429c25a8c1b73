import { messageOf } from '../../core/error.ts'
import type { World } from './call.ts'
import { releaseVolumes } from './instance-lifecycle.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { durationsMs } from './states.ts'

/** Brings machines and files in line with the records, after a restart or a crash at any moment. */
export async function reconcile(world: World, now: number, tell: (line: string) => void): Promise<void> {
  for (const [region, here] of Object.entries(world.records)) {
    for (const instance of Object.values(here.instances)) {
      if (instance.target === 'running') {
        await startMachine(world, region, instance).catch((error) =>
          tell(`cannot start ${instance.id} again: ${messageOf(error)}`),
        )
      } else {
        await stopMachine(world, instance)
      }
      if (instance.target === 'terminated') {
        await releaseVolumes(world, here, instance)
        if (now > instance.changedAt + durationsMs.forgetTerminated) delete here.instances[instance.id]
      }
    }
  }
  const regions = Object.values(world.records)
  const files = regions.flatMap((here) => [...Object.values(here.volumes), ...Object.values(here.snapshots)])
  await world.disks.keepOnly(new Set(files.flatMap(({ file }) => file ?? [])))
  world.save()
}
