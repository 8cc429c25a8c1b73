import type { Regions } from '../../config/targets/regions.ts'

/** The regions with `all` made into those that the account may use and that are not named; asks only where it is written. */
export async function everyRegion(
  { regions, bestEffortRegions }: Regions,
  open: () => Promise<readonly string[]>,
): Promise<Regions> {
  if (!regions.includes('all')) return { regions, bestEffortRegions }
  const named = regions.filter((region) => region !== 'all')
  const others = (await open()).filter((region) => !named.includes(region)).sort()
  const most = bestEffortRegions.includes('all') ? [...bestEffortRegions, ...others] : bestEffortRegions
  return { regions: [...named, ...others], bestEffortRegions: [...new Set(most)].filter((region) => region !== 'all') }
}
