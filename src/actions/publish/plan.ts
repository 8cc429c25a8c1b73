import type { Finding } from '../../clouds/disk-target.ts'
import { survey } from '../../core/survey.ts'
import { type Prices, storagePrice } from '../../release/cost.ts'
import type { DiskFacts } from '../../release/manifest.ts'
import type { Context } from '../context.ts'

import { pricesOf } from '../prices.ts'
import { diskFacts } from './manifest.ts'
import { openRelease, type Place, type ReleaseOptions } from './open.ts'
import { findings } from './preflight.ts'

/** One thing that `publish` would do or would find done. */
export interface PlannedStep {
  readonly id: string
  readonly title: string
  readonly state: 'exists' | 'to do' | 'foreign' | 'unknown'
}

/** One property and what `publish` would make of it. */
export interface PlannedSetting {
  readonly id: string
  readonly title: string
  readonly want: string
  /** Undefined while there is nothing to read it of. */
  readonly have: string | undefined
}

/** What a publish would take in one cloud: estimates, and the most of each. */
export interface PlannedCloud {
  readonly cloud: string
  readonly images: number
  /** What is yet to be sent there, uncompressed. */
  readonly send_bytes: number
  /** At 100 Mbit/s; what the cloud then does with it takes minutes more. */
  readonly send_seconds: number
  /** List price of keeping the images, if all of the data were stored for each; absent where no price is known. */
  readonly usd_per_month?: number
}

/** What `plan --json` prints. */
export interface PlanResult extends DiskFacts {
  readonly release: string
  /** What of the disk is to be read: the rest is holes. None where images that were built are published. */
  readonly data_bytes: number
  readonly clouds: readonly PlannedCloud[]
  readonly prices_as_of: string
  readonly steps: readonly PlannedStep[]
  readonly settings: readonly PlannedSetting[]
  readonly findings: readonly Finding[]
}

/** What `publish` would do, and what would stop it; reads only. */
export async function planRelease(options: ReleaseOptions, context: Context): Promise<PlanResult> {
  const release = await openRelease(options, context, 'disk')
  try {
    const { publication, places, plan, disk } = release
    const [seen, found] = await Promise.all([
      survey({ plan, clock: context.clock, signal: context.signal }),
      findings(places),
    ])
    const dataBytes = disk?.extents.reduce((sum, { length }) => sum + length, 0) ?? 0
    const prices = pricesOf(context)
    const done = new Set(seen.steps.filter(({ state }) => state === 'exists').map(({ id }) => id))
    return {
      release: publication.name,
      ...('disk' in publication && diskFacts(publication)),
      data_bytes: dataBytes,
      clouds: places.map((place) => estimate(place, dataBytes, done, prices)),
      prices_as_of: prices.as_of,
      steps: seen.steps.map(({ id, title, state }) => ({ id, title, state: state === 'missing' ? 'to do' : state })),
      settings: seen.settings,
      findings: found,
    }
  } finally {
    await release.close()
  }
}

const bytesPerSecond = 100e6 / 8

function estimate({ cloud, plan }: Place, dataBytes: number, done: ReadonlySet<string>, prices: Prices): PlannedCloud {
  const sending = plan.steps.filter(({ id, fills }) => fills && !done.has(id)).length * dataBytes
  const price = storagePrice(prices, cloud, (dataBytes / 1024 ** 3) * plan.images.length)
  return {
    ...{ cloud, images: plan.images.length, send_bytes: sending, send_seconds: Math.ceil(sending / bytesPerSecond) },
    ...(price !== undefined && { usd_per_month: price }),
  }
}
