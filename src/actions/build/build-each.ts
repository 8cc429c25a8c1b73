import { configure } from '../configure.ts'
import type { Context } from '../context.ts'
import { type CloudChoice, type CloudOutcome, cloudsOf, eachCloud } from '../each-cloud.ts'
import { type BuildOptions, type BuildResult, build } from './build.ts'

/**
 * Builds the image of this config in several clouds side by side, `build.parallel_builds` at a time. Every config is
 * checked before the first build begins; after that a cloud that fails stops no other, and what was built is kept.
 */
export async function buildEach(
  options: BuildOptions & { readonly clouds: CloudChoice },
  context: Context,
): Promise<readonly CloudOutcome<BuildResult>[]> {
  const clouds = cloudsOf(options.clouds, options.flags)
  const silent = { ...context, emit: () => undefined }
  const resolved = await Promise.all(
    clouds.map((cloud) => configure({ ...options, flags: { ...options.flags, cloud } }, silent)),
  )
  const atOnce = resolved[0]?.build.parallelBuilds ?? 0
  return eachCloud(clouds, atOnce, context, (cloud, own) =>
    build({ ...options, flags: { ...options.flags, cloud } }, own),
  )
}
