import type { Finding } from '../clouds/disk-target.ts'
import { SindriError } from '../core/error.ts'
import type { Context } from './context.ts'

/** Tells what may go wrong. @throws SindriError `failed` with all that would, before anything was changed */
export function tellFindings(found: readonly Finding[], context: Context): void {
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
