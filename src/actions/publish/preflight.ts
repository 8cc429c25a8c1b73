import type { Finding } from '../../clouds/disk-target.ts'
import type { Context } from '../context.ts'
import { tellFindings } from '../tell-findings.ts'
import type { OpenRelease } from './open.ts'

/** Everything that would fail later, told before the first byte is sent. */
export async function checkBefore({ places }: OpenRelease, context: Context): Promise<void> {
  tellFindings(await findings(places), context)
}

/** What the clouds would refuse, each finding naming its cloud. */
export async function findings(places: OpenRelease['places']): Promise<readonly Finding[]> {
  const found = await Promise.all(
    places.map(async ({ cloud, preflight }) =>
      (await preflight()).map((one) => ({ ...one, message: `${cloud}: ${one.message}` })),
    ),
  )
  return found.flat()
}
