import { readFileSync } from 'node:fs'
import { resolve as absolute } from 'node:path'
import * as z from 'zod/mini'
import { cloudNames } from '../config/cloud-name.ts'
import { messageOf, SindriError } from '../core/error.ts'
import type { Prices } from '../release/cost.ts'
import listed from '../release/prices.json' with { type: 'json' }
import type { Context } from './context.ts'

/**
 * The prices estimates are made with: those of this version, or of the file that SINDRI_PRICES names, in the same form.
 * @throws SindriError `config` for a file that is none
 */
export function pricesOf(context: Context): Prices {
  const file = context.environment.SINDRI_PRICES
  if (file === undefined || file === '') return listed
  try {
    return checked(JSON.parse(readFileSync(absolute(context.cwd, file), 'utf8')))
  } catch (error) {
    throw new SindriError('config', `SINDRI_PRICES names ${file}, which is no list of prices: ${messageOf(error)}`, {
      hint: 'docs/commands.md shows the form',
      cause: error,
    })
  }
}

function checked(value: unknown): Prices {
  const price = z.number().check(z.nonnegative())
  const cloud = z.enum(cloudNames)
  const form = z.strictObject({
    as_of: z.string(),
    build_minutes: price,
    usd_per_hour: z.partialRecord(cloud, z.record(z.string(), price)),
    usd_per_gib_month: z.partialRecord(cloud, price),
  })
  const result = form.safeParse(value)
  if (result.success) return result.data
  throw new SindriError('config', z.prettifyError(result.error))
}
