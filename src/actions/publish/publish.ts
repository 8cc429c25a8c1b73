import { apply } from '../../core/apply.ts'
import { messageOf } from '../../core/error.ts'
import { takeLease } from '../../core/lease.ts'
import type { Context } from '../context.ts'
import { processGone } from '../owner.ts'
import { fillOf } from './fill.ts'
import { type Manifest, manifestOf } from './manifest.ts'
import { openRelease, type ReleaseOptions } from './open.ts'
import { checkBefore } from './preflight.ts'

/** What `publish --json` prints. */
export interface PublishResult extends Manifest {
  /** Settings that were changed by this run. */
  readonly changed: readonly string[]
  /** Best-effort steps that failed; the next run tries them again. */
  readonly failed: readonly { readonly id: string; readonly message: string }[]
  readonly sent_bytes: number
  readonly elapsed_seconds: number
  readonly rehearsed: boolean
}

/**
 * Makes the disk an image in every cloud and region of the release, then opens them to their readers. Safe to repeat
 * after any interruption: what exists is found, what was sent is not sent again.
 * @throws SindriError `conflict` for a version that was made from another disk; `failed` with all that preflight found
 */
export async function publish(options: ReleaseOptions, context: Context): Promise<PublishResult> {
  const began = context.clock.now()
  const release = await openRelease(options, context, 'disk')
  try {
    await checkBefore(release, context)
    const lease = await takeLease({
      store: release.store,
      owner: { host: context.hostName, pid: context.processId, nonce: String(began) },
      clock: context.clock,
      gone: processGone(context.hostName),
    })
    try {
      await release.freeze()
      const signal = AbortSignal.any([context.signal, lease.lost])
      const changed: string[] = []
      const sent = new Map<string, number>()
      const emit: Context['emit'] = (event) => {
        if (event.type === 'setting' && event.change === 'made') changed.push(event.id)
        if (event.type === 'progress' && event.bytes !== undefined) sent.set(event.id, event.bytes.sent)
        context.emit(event)
      }
      const { disk } = release
      const { clock } = context
      const applied = await apply({
        ...{ release: release.publication.key, plan: release.plan, store: release.store, clock, signal, emit },
        ...(disk && fillOf(release.plan, { disk, clock, signal, emit })),
      })
      return {
        ...(await manifestOf(release, context, signal)),
        changed,
        failed: applied.failures.map(({ id, error }) => ({ id, message: messageOf(error) })),
        sent_bytes: [...sent.values()].reduce((sum, bytes) => sum + bytes, 0),
        elapsed_seconds: Math.round((context.clock.now() - began) / 100) / 10,
        rehearsed: context.rehearsal !== undefined,
      }
    } finally {
      await lease.release()
    }
  } finally {
    await release.close()
  }
}
