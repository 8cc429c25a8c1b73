import type { Cost } from '../release/cost.ts'

/** An estimate in one line. */
export function costText({ build_usd: build, storage_usd_per_month: storage, prices_as_of: asOf }: Cost): string {
  const known = (usd: number | undefined): string =>
    usd === undefined ? 'an unknown price' : usd > 0 && usd < 0.01 ? 'less than $0.01' : `$${usd.toFixed(2)}`
  return `${known(build)} for the build, at most ${known(storage)} a month in each region (list prices of ${asOf})`
}
