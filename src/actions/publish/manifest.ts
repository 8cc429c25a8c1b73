import { type Survey, survey } from '../../core/survey.ts'
import type { Context } from '../context.ts'
import type { OpenRelease } from './open.ts'

/** One image of a release, as it is in its cloud. */
export interface ManifestImage {
  readonly cloud: string
  readonly region: string
  readonly image_id: string
  readonly name: string
  /** `private`, or who may use it. */
  readonly readers: string
}

/** What was published, and where: what a consumer needs. */
export interface Manifest {
  readonly release: string
  readonly version: string
  readonly disk_sha256: string
  readonly disk_bytes: number
  readonly architecture: string
  readonly firmware: string
  readonly images: readonly ManifestImage[]
}

/** The manifest of what exists now, read from the clouds. */
export async function manifestOf(release: OpenRelease, context: Context, signal: AbortSignal): Promise<Manifest> {
  return manifestFrom(release, await survey({ plan: release.plan, clock: context.clock, signal }))
}

/** The manifest of what a survey has found. */
export function manifestFrom({ publication, places }: OpenRelease, { steps, settings, got }: Survey): Manifest {
  const existing = new Set(steps.filter(({ state }) => state === 'exists').map(({ id }) => id))
  const images = places.flatMap(({ cloud, plan }) =>
    plan.images
      .filter(({ step }) => existing.has(step.id))
      .map(({ region, step }) => {
        const { id, name } = got(step)
        const readers = settings.find((one) => one.id === `${cloud}/readers/${region}`)?.have ?? 'private'
        return { cloud, region, image_id: id, name, readers }
      }),
  )
  const { disk } = publication
  return {
    release: publication.name,
    version: publication.version,
    disk_sha256: disk.digest,
    disk_bytes: disk.sizeBytes,
    architecture: disk.architecture,
    firmware: disk.firmware,
    images,
  }
}
