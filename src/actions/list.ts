import type { CloudImage } from '../clouds/cloud.ts'
import { connect, regionOf } from '../clouds/index.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'
import { type CloudChoice, type CloudOutcome, cloudsOf, eachCloud } from './each-cloud.ts'

export interface ListOptions extends ConfigOptions {
  readonly namePrefix?: string | undefined
}

/** Sindri's images in several clouds, which are asked side by side; one that fails keeps no other from answering. */
export function listEach(
  options: ListOptions & { readonly clouds: CloudChoice },
  context: Context,
): Promise<readonly CloudOutcome<readonly CloudImage[]>[]> {
  return eachCloud(cloudsOf(options.clouds, options.flags), 0, context, (cloud, own) =>
    list({ ...options, flags: { ...options.flags, cloud } }, own),
  )
}

/** Sindri's images in the config's region, newest first, filtered by the beginning of their names. */
export async function list(options: ListOptions, context: Context): Promise<readonly CloudImage[]> {
  const resolved = await configure(options, context)
  const target = await connect(resolved, context.environment)
  const region = await regionOf(resolved, target)
  return target.images.list(region, options.namePrefix === undefined ? {} : { namePrefix: options.namePrefix })
}
