import { messageOf } from '../../core/error.ts'
import type { World } from './call.ts'
import { startMachine } from './instance-machine.ts'
import { bytesKept } from './stored-bytes.ts'

/** Terminated instances are shown for about an hour. */
const shownMs = 3_600_000
/** Retry tokens hold for a day. */
const tokenMs = 24 * 3_600_000

/** Brings machines and files in line with the records, after a restart or a crash at any moment. */
export async function reconcile(world: World, now: number, tell: (line: string) => void): Promise<void> {
  const { instances, bootVolumes, images, requests } = world.records
  for (const instance of Object.values(instances)) {
    if (instance.terminatedAt === undefined) {
      await startMachine(world, instance).catch((error) =>
        tell(`cannot start ${instance.displayName} again: ${messageOf(error)}`),
      )
    } else if (now > instance.terminatedAt + shownMs) delete instances[instance.id]
  }
  for (const volume of Object.values(bootVolumes)) {
    const instance = instances[volume.instanceId]
    if (instance === undefined || instance.terminatedAt !== undefined) delete bootVolumes[volume.id]
  }
  for (const [token, { at }] of Object.entries(requests)) if (now > at + tokenMs) delete requests[token]
  const files = [...Object.values(bootVolumes), ...Object.values(images), ...bytesKept(world)].map(({ file }) => file)
  await world.disks.keepOnly(new Set(files))
  world.save()
}
