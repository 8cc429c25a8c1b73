import { join } from 'node:path'
import type { Context } from './context.ts'

/** Records of releases and runs; a rehearsal keeps its own, which go with it. */
export function recordsFolder(context: Context): string {
  return context.rehearsal === undefined ? context.home : join(context.home, 'rehearsal', 'records')
}
