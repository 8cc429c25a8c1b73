import { type Lease, takeLease } from '../../core/lease.ts'
import type { Context } from '../context.ts'
import { processGone } from '../owner.ts'
import type { OpenRelease } from './open.ts'

/** How long another runner on the same clouds is waited for, when nothing else is said. */
const defaultWaitMs = 10 * 60 * 1000

/**
 * The leases of all clouds of a run: runners on different clouds of one release do not hinder each other, and of two on
 * the same one the second waits, then finds everything done.
 * @throws SindriError `conflict` when the other is still at work after `waitMs`
 */
export async function leasesOf(release: OpenRelease, context: Context, waitMs: number = defaultWaitMs): Promise<Lease> {
  const leases: Lease[] = []
  const releaseAll = async (): Promise<void> => {
    for (const lease of leases.toReversed()) await lease.release()
  }
  try {
    // In the same order everywhere, so that no two wait for each other.
    for (const cloud of release.places.map((place) => place.cloud).toSorted())
      leases.push(
        await takeLease({
          ...{ store: release.store, clock: context.clock, signal: context.signal, part: cloud, waitMs },
          owner: { host: context.hostName, pid: context.processId, nonce: String(context.clock.now()) },
          gone: processGone(context.hostName),
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
