import type { Finding } from '../../clouds/disk-target.ts'
import { SindriError } from '../../core/error.ts'
import type { Context } from '../context.ts'
import type { OpenRelease } from './open.ts'

/** Everything that would fail later, told before the first byte is sent. */
export async function checkBefore({ places, publication }: OpenRelease, context: Context): Promise<void> {
  const found = await findings(places, publication)
  for (const { level, message, hint } of found)
    if (level === 'warning') context.emit({ type: 'warning', message, hint })
  const errors = found.filter(({ level }) => level === 'error')
  const [first, ...more] = errors
  if (first === undefined) return
  if (more.length === 0) throw new SindriError('failed', first.message, { hint: first.hint })
  throw new SindriError('failed', `${errors.length} things would make this fail`, {
    complaints: errors.map(({ message, hint }) => ({ message, hint })),
  })
}

/** What the clouds would refuse, each finding naming its cloud. */
export async function findings(
  places: OpenRelease['places'],
  publication: OpenRelease['publication'],
): Promise<readonly Finding[]> {
  const found = await Promise.all(
    places.map(async ({ cloud, target }) =>
      (await target.preflight(publication)).map((one) => ({ ...one, message: `${cloud}: ${one.message}` })),
    ),
  )
  return found.flat()
}
