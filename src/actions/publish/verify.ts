import { survey } from '../../core/survey.ts'
import type { Manifest } from '../../release/manifest.ts'
import type { Context } from '../context.ts'
import { manifestFrom } from './manifest.ts'
import { openRelease, type ReleaseOptions } from './open.ts'

/** Something in a cloud that is not as it is declared. */
export interface Drift {
  /** The step or setting, for example `aws/readers/eu-central-1`. */
  readonly id: string
  readonly title: string
  readonly want: string
  readonly have: string
}

/** What `verify --json` prints. */
export interface VerifyResult extends Manifest {
  readonly drift: readonly Drift[]
}

/** Compares what the clouds have with what is declared; reads only. */
export async function verify(options: ReleaseOptions, context: Context): Promise<VerifyResult> {
  const release = await openRelease(options, context, 'frozen')
  try {
    const seen = await survey({ plan: release.plan, clock: context.clock, signal: context.signal })
    const drift = [
      ...seen.steps
        .filter(({ state }) => state !== 'exists')
        .map(({ id, title, state, detail }) => ({
          id,
          title,
          want: 'exists',
          have: state === 'foreign' ? state : (detail ?? state),
        })),
      ...seen.settings
        .filter(({ want, have }) => have !== undefined && have !== want)
        .map(({ id, title, want, have }) => ({ id, title, want, have: have ?? '' })),
    ]
    return { ...manifestFrom(release, seen), drift }
  } finally {
    await release.close()
  }
}
