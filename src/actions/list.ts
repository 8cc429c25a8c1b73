import type { CloudImage } from '../clouds/cloud.ts'
import { cloud as cloudOf, connect } from '../clouds/index.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'

/** Sindri's images in the config's region, newest first, filtered by the beginning of their names. */
export async function list(
  options: ConfigOptions & { readonly namePrefix?: string | undefined },
  context: Context,
): Promise<readonly CloudImage[]> {
  const resolved = await configure(options, context)
  const cloud = cloudOf(resolved.cloud)
  const { images } = await connect(resolved, context.environment)
  const { region } = cloud.placement(resolved)
  return images.list(region, options.namePrefix === undefined ? {} : { namePrefix: options.namePrefix })
}
