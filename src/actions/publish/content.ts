import type { DiskTarget, PublisherId } from '../../clouds/disk-target.ts'
import { together } from '../../core/together.ts'
import { type BuiltImage, type BuiltPublication, checkSameImage, type Publication } from '../../release/publication.ts'
import type { Context } from '../context.ts'
import { builtImage, unsupported } from './built-image.ts'

/** What the images of a release are made of. */
export type Content = Pick<Publication, 'disk'> | Pick<BuiltPublication, 'built'>

/** A cloud of a release, connected. */
export interface Connected {
  readonly cloud: PublisherId
  readonly target: DiskTarget
}

/**
 * The image that was built in each cloud of a release that has no disk. Where the release is only looked at, what it
 * was made from before is enough. All that is missing is told at once.
 * @param before by cloud, as it was frozen
 * @throws SindriError `conflict` when the release was made from another image before
 */
export async function builtContent(
  connected: readonly Connected[],
  release: { readonly key: string; readonly before: BuiltPublication['built']; readonly looking: boolean },
  options: { readonly config?: string | undefined },
  context: Context,
): Promise<Pick<BuiltPublication, 'built'>> {
  const { key, before, looking } = release
  const found = await Promise.allSettled(
    connected.map(async ({ cloud, target }): Promise<readonly [PublisherId, BuiltImage]> => {
      if (target.built === undefined) throw unsupported(cloud)
      const earlier = before[cloud] ?? (await target.built.source(key))
      if (looking && earlier !== undefined) return [cloud, earlier]
      const image = await builtImage(cloud, options, context)
      if (earlier !== undefined) checkSameImage(key, cloud, earlier, image)
      return [cloud, image]
    }),
  )
  const errors = found.flatMap((one): readonly unknown[] => (one.status === 'rejected' ? [one.reason] : []))
  if (errors.length > 0) throw together(errors)
  return {
    built: {
      ...before,
      ...Object.fromEntries(found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))),
    },
  }
}
