import { randomUUID } from 'node:crypto'
import { checkConditions } from '../../core/check-conditions.ts'
import { type Lease, takeLease } from '../../core/lease.ts'
import type { Context } from '../context.ts'
import { machineId, ownerGone, processGone } from '../owner.ts'
import type { OpenRelease } from './open.ts'

/** How long another runner on the same clouds is waited for, when nothing else is said. */
const defaultWaitMs = 10 * 60 * 1000

/**
 * The leases of all clouds of a run: runners on different clouds of one release do not hinder each other, and of two on
 * the same one the second waits, then finds everything done. A shared store is asked first whether it keeps conditions.
 * @throws SindriError `prerequisite` when it does not; `conflict` when the other is still at work after `waitMs`
 */
export async function leasesOf(release: OpenRelease, context: Context, waitMs: number = defaultWaitMs): Promise<Lease> {
  const { store, shared } = release
  if (shared !== undefined) await checkConditions(store, shared)
  const machine = machineId()
  const owner = { host: context.hostName, pid: context.processId, nonce: randomUUID(), ...(machine && { machine }) }
  const leases: Lease[] = []
  const releaseAll = async (): Promise<void> => {
    for (const lease of leases.toReversed()) await lease.release()
  }
  try {
    // In the same order everywhere, so that no two wait for each other.
    for (const cloud of release.places.map((place) => place.cloud).toSorted())
      leases.push(
        await takeLease({
          ...{ store, owner, clock: context.clock, signal: context.signal, part: cloud, waitMs },
          // Hosts of jobs may all be called the same.
          gone: shared === undefined ? processGone(context.hostName) : ownerGone(machine),
          waiting: ({ host, pid }) =>
            context.emit({
              type: 'note',
              message: `waiting for another sindri (process ${pid} on ${host}) in ${cloud}`,
            }),
        }),
      )
  } catch (error) {
    await releaseAll()
    throw error
  }
  return { lost: AbortSignal.any(leases.map(({ lost }) => lost)), release: releaseAll }
}
