import type { CloudName } from '../config/cloud-name.ts'

/** List prices in US dollars, by cloud. */
export interface Prices {
  /** When they were read, for example `2026-01`. */
  readonly as_of: string
  /** How long a build is taken to last before one was seen. */
  readonly build_minutes: number
  /** By the type of the build machine. */
  readonly usd_per_hour: Readonly<Partial<Record<CloudName, Readonly<Record<string, number>>>>>
  /** Of a stored image. */
  readonly usd_per_gib_month: Readonly<Partial<Record<CloudName, number>>>
}

/** What an image costs, at most: an estimate. Undefined is what there is no price for. */
export interface Cost {
  /** The build machine while it runs; 0 when nothing was built. */
  readonly build_usd: number | undefined
  /** The image in each region, if its whole disk were stored. */
  readonly storage_usd_per_month: number | undefined
  readonly prices_as_of: string
}

/** Multiplies; rounded to a hundredth of a cent. */
export function costOf(
  prices: Prices,
  image: {
    readonly cloud: CloudName
    readonly machine: string
    readonly diskGiB: number
    /** How long the machine ran; otherwise a usual build. */
    readonly minutes?: number
  },
): Cost {
  const perHour = prices.usd_per_hour[image.cloud]?.[image.machine]
  const perGiB = prices.usd_per_gib_month[image.cloud]
  const minutes = image.minutes ?? prices.build_minutes
  return {
    build_usd: minutes === 0 ? 0 : perHour === undefined ? undefined : rounded((perHour * minutes) / 60),
    storage_usd_per_month: perGiB === undefined ? undefined : rounded(perGiB * image.diskGiB),
    prices_as_of: prices.as_of,
  }
}

/** Keeping so many GiB for a month, in US dollars; undefined for a cloud that has no list price. */
export function storagePrice(prices: Prices, cloud: string, gib: number): number | undefined {
  const perGiB = new Map<string, number>(Object.entries(prices.usd_per_gib_month)).get(cloud)
  return perGiB === undefined ? undefined : rounded(perGiB * gib)
}

function rounded(usd: number): number {
  return Math.round(usd * 10_000) / 10_000
}
