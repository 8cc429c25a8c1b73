import type * as z from 'zod/mini'
import { type Fields, listOf } from '../fields.ts'
import type { Written } from '../written.ts'
import type { Complain } from './target.ts'

/** What every cloud with regions has. */
export interface Regions {
  /** The first is where the disk is sent. */
  readonly regions: readonly string[]
  /** Those whose failure fails nothing else. */
  readonly bestEffortRegions: readonly string[]
}

/** `regions`, which this text tells what becomes of, and `best_effort_regions`. */
export function regionFields(what: string, region: z.ZodMiniType<string>): Fields<Written<Regions>> {
  return {
    regions: listOf(what, region),
    best_effort_regions: listOf(
      'Those of the regions whose failure fails nothing else; the next run tries them again.',
      region,
    ),
  }
}

/** The regions, each named once. */
export function regionsOf(written: Written<Regions>, complain: Complain): Regions {
  const { regions = [], best_effort_regions: bestEffort = [] } = written
  const twice = regions.find((region, index) => regions.indexOf(region) !== index)
  const stranger = bestEffort.find((region) => !regions.includes(region))
  const [home] = regions
  if (home === undefined) complain('regions', 'is empty', 'name at least one region')
  if (twice !== undefined) complain('regions', `names ${twice} twice`, 'name each region once')
  if (stranger !== undefined)
    complain('best_effort_regions', `${stranger} is not one of the regions`, 'name it under regions too')
  if (home !== undefined && bestEffort.includes(home))
    complain('best_effort_regions', `${home} is where the disk is sent`, 'put another region first')
  return { regions, bestEffortRegions: bestEffort }
}
