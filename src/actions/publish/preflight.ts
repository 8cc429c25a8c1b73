import type { Finding } from '../../clouds/disk-target.ts'
import { SindriError } from '../../core/error.ts'
import { retry } from '../../core/retry.ts'
import { survey } from '../../core/survey.ts'
import { together } from '../../core/together.ts'
import type { Context } from '../context.ts'
import { tellFindings } from '../tell-findings.ts'
import type { OpenRelease } from './open.ts'

/**
 * Everything that would fail later, told before the first byte is sent.
 * @throws SindriError `conflict` when a cloud has something of this version that was made from something else
 */
export async function checkBefore(release: OpenRelease, context: Context): Promise<void> {
  tellFindings(await findings(release.places, context), context)
  await checkForeign(release, context)
}

/** Where no record tells of which disk a version is, the clouds do: all are asked before the first of them is changed. */
async function checkForeign({ isFrozen, plan, publication }: OpenRelease, context: Context): Promise<void> {
  if (isFrozen) return
  const { steps } = await survey({ plan, clock: context.clock, signal: context.signal })
  const foreign = steps.filter(({ state }) => state === 'foreign')
  if (foreign.length === 0) return
  const hint = 'give the new disk a version of its own; a version that is out is never changed'
  throw together(
    foreign.map(({ id, detail = '' }) => new SindriError('conflict', `${publication.key}: ${id}: ${detail}`, { hint })),
  )
}

/** What the clouds would refuse, each finding naming its cloud. */
export async function findings(places: OpenRelease['places'], { clock, signal }: Context): Promise<readonly Finding[]> {
  const found = await Promise.all(
    places.map(async ({ cloud, preflight }) =>
      (await retry(clock, signal, preflight)).map((one) => ({ ...one, message: `${cloud}: ${one.message}` })),
    ),
  )
  return found.flat()
}
