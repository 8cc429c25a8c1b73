import type { CloudImage } from '../clouds/cloud.ts'
import { connect, regionOf } from '../clouds/index.ts'
import { SindriError } from '../core/error.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'

export interface DeleteOptions extends ConfigOptions {
  readonly imageId: string
  /** Also the copies of the same release in other regions. */
  readonly allRegions: boolean
  /** Asked with all that would be removed; nothing is removed on false. */
  readonly confirm: (images: readonly CloudImage[]) => Promise<boolean>
}

/** Removes an image with its snapshots, after asking. Copies go first, so that an interrupted run can be repeated. */
export async function remove(options: DeleteOptions, context: Context): Promise<readonly CloudImage[]> {
  const resolved = await configure(options, context)
  const target = await connect(resolved, context.environment)
  const { images } = target
  const image = await images.get(await regionOf(resolved, target), options.imageId)
  const doomed = [...(options.allRegions ? await images.copiesOf(image) : []), image]
  if (!(await options.confirm(doomed))) throw new SindriError('cancelled', 'nothing was deleted')
  for (const one of doomed) {
    context.signal.throwIfAborted()
    await images.remove(one)
    context.emit({ type: 'note', message: `deleted ${one.id} in ${one.region}` })
  }
  return doomed
}
