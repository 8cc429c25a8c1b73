import { type Survey, survey } from '../../core/survey.ts'
import type { DiskFacts, Manifest } from '../../release/manifest.ts'
import type { Publication } from '../../release/publication.ts'
import type { Context } from '../context.ts'
import { type OpenRelease, openRelease, type ReleaseOptions } from './open.ts'

/** What was published, and where, as the clouds tell it now; reads only. */
export async function manifest(options: ReleaseOptions, context: Context): Promise<Manifest> {
  const release = await openRelease(options, context, 'frozen')
  try {
    return await manifestOf(release, context, context.signal)
  } finally {
    await release.close()
  }
}

/** The manifest of what exists now, read from the clouds. */
export async function manifestOf(release: OpenRelease, context: Context, signal: AbortSignal): Promise<Manifest> {
  return manifestFrom(release, await survey({ plan: release.plan, clock: context.clock, signal }))
}

/** The manifest of what a survey has found. */
export function manifestFrom({ publication, places }: OpenRelease, { steps, settings, got }: Survey): Manifest {
  const existing = new Set(steps.filter(({ state }) => state === 'exists').map(({ id }) => id))
  const { project, version, os, audience } = publication
  const images = places.flatMap(({ cloud, plan }) =>
    plan.images
      .filter(({ step }) => existing.has(step.id))
      .map(({ region, step, reference }) => {
        const image = got(step)
        return {
          ...{ cloud, region, image_id: image.id, reference: reference?.(image) ?? image.id, name: image.name },
          digest: originOf(publication, cloud),
          readers: settings.find((one) => one.id === `${cloud}/readers/${region}`)?.have ?? 'private',
        }
      }),
  )
  return {
    ...{ schema_version: 1, release: publication.name, project, version, os, audience },
    ...('disk' in publication && diskFacts(publication)),
    images,
  }
}

/** What a manifest and a plan tell of a disk. */
export function diskFacts({ disk }: Publication): Required<DiskFacts> {
  return {
    disk_sha256: disk.digest,
    disk_bytes: disk.sizeBytes,
    architecture: disk.architecture,
    firmware: disk.firmware,
  }
}

function originOf(publication: OpenRelease['publication'], cloud: string): string {
  if ('disk' in publication) return `sha256:${publication.disk.digest}`
  return `image:${publication.built[cloud]?.id ?? ''}`
}
