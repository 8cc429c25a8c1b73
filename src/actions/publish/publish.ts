import { type Applied, apply, settle } from '../../core/apply.ts'
import { messageOf, SindriError } from '../../core/error.ts'
import { plan } from '../../core/plan.ts'
import { survey } from '../../core/survey.ts'
import type { Manifest } from '../../release/manifest.ts'
import type { Context } from '../context.ts'
import { fillOf } from './fill.ts'
import { leasesOf } from './leases.ts'
import { manifestOf } from './manifest.ts'
import { type OpenRelease, openRelease, type ReleaseOptions } from './open.ts'
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

export interface PublishOptions extends ReleaseOptions {
  /**
   * `images`: makes them and opens them to nobody; `settings`: makes nothing, and opens what is complete. Both, one after
   * the other, when it is not given.
   */
  readonly part?: 'images' | 'settings' | undefined
}

/**
 * Makes the disk an image in every cloud and region of the release, then opens them to their readers. Safe to repeat
 * after any interruption: what exists is found, what was sent is not sent again.
 * @throws SindriError `conflict` for a version that was made from another disk; `failed` with all that preflight found
 */
export async function publish(options: PublishOptions, context: Context): Promise<PublishResult> {
  const began = context.clock.now()
  const { clock } = context
  const release = await openRelease(options, context, options.part === 'settings' ? 'frozen' : 'disk')
  try {
    await checkBefore(release, context)
    const lease = await leasesOf(release, context, options.lockTimeoutMs)
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
      const { failures } =
        options.part === 'settings'
          ? await openWhatExists(release, { clock, signal, emit })
          : await makeImages(release, options.part === 'images', { clock, signal, emit })
      return {
        ...(await manifestOf(release, context, signal)),
        changed,
        failed: failures.map(({ id, error }) => ({ id, message: messageOf(error) })),
        sent_bytes: [...sent.values()].reduce((sum, bytes) => sum + bytes, 0),
        elapsed_seconds: Math.round((context.clock.now() - began) / 100) / 10,
        rehearsed: context.rehearsal !== undefined,
      }
    } catch (error) {
      throw context.signal.aborted ? stopped(release) : error
    } finally {
      await lease.release()
    }
  } finally {
    await release.close()
  }
}

/** What is left when the user has stopped a run. */
function stopped({ publication }: OpenRelease): SindriError {
  return new SindriError('cancelled', `cancelled; what was made of ${publication.name} so far is kept`, {
    hint: 'run the same command again to go on, or `sindri vm unpublish` to remove it',
  })
}

type Running = Pick<Context, 'clock' | 'signal' | 'emit'>

async function makeImages(release: OpenRelease, closed: boolean, running: Running): Promise<Pick<Applied, 'failures'>> {
  const { disk, store, secrets, publication } = release
  const whole = closed ? plan(release.plan.steps, []) : release.plan
  return apply({
    ...{ release: publication.key, plan: whole, store, secrets, ...running },
    ...(disk && fillOf(whole, { disk, ...running })),
  })
}

/** @throws SindriError `not-found` while an image that is required is missing: nothing is opened then */
async function openWhatExists(release: OpenRelease, running: Running): Promise<Pick<Applied, 'failures'>> {
  const seen = await survey({ plan: release.plan, ...running })
  const existing = new Set(seen.steps.filter(({ state }) => state === 'exists').map(({ id }) => id))
  const missing = release.plan.steps.filter(({ id }) => !existing.has(id))
  const required = missing.filter(({ bestEffort }) => !bestEffort)
  if (required.length > 0)
    throw new SindriError('not-found', `not done yet: ${required.map(({ title }) => title).join(', ')}`, {
      hint: 'run `sindri vm publish` first, with --images-only where several jobs share the work',
    })
  await settle({ plan: release.plan, ...running, got: seen.got, exists: ({ id }) => existing.has(id) })
  return { failures: missing.map(({ id }) => ({ id, error: new SindriError('not-found', 'does not exist') })) }
}
