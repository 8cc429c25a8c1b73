import { messageOf } from '../../core/error.ts'
import { filesOfBuckets } from './buckets.ts'
import type { World } from './call.ts'
import { releaseVolumes } from './instance-lifecycle.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { blockListOf } from './snapshot-blocks.ts'
import { durationsMs } from './states.ts'

/** Brings machines and files in line with the records, after a restart or a crash at any moment. */
export async function reconcile(world: World, now: number, tell: (line: string) => void): Promise<void> {
  for (const [region, here] of Object.entries(world.records)) {
    for (const { upload } of Object.values(here.snapshots)) {
      // When the last block came is not saved with every block.
      if (upload !== undefined) upload.lastBlockAt = now
    }
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
  const used = files.flatMap(({ file }) => (file ? [file, blockListOf(file)] : []))
  await world.disks.keepOnly(new Set([...used, ...regions.flatMap(filesOfBuckets)]))
  world.save()
}
