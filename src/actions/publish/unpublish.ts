import { unapply } from '../../core/apply.ts'
import { SindriError } from '../../core/error.ts'
import { survey } from '../../core/survey.ts'
import type { ManifestImage } from '../../release/manifest.ts'
import type { Context } from '../context.ts'
import { leasesOf } from './leases.ts'
import { manifestFrom } from './manifest.ts'
import { openRelease, type ReleaseOptions } from './open.ts'

export interface UnpublishOptions extends ReleaseOptions {
  /** Asked with all that would go. */
  readonly confirm: (images: readonly ManifestImage[]) => Promise<boolean>
}

/** What `unpublish --json` prints. */
export interface UnpublishResult {
  readonly release: string
  readonly removed: readonly ManifestImage[]
}

/** Removes every image of a release with its snapshots, last made first. What of it was begun and not done goes as well. */
export async function unpublish(options: UnpublishOptions, context: Context): Promise<UnpublishResult> {
  const release = await openRelease(options, context, 'frozen')
  try {
    const { clock, signal, emit } = context
    const seen = await survey({ plan: release.plan, clock, signal })
    const { images } = manifestFrom(release, seen)
    if (!(await options.confirm(images))) throw new SindriError('cancelled', 'nothing was removed')
    const lease = await leasesOf(release, context, options.lockTimeoutMs)
    try {
      await unapply({
        ...{ release: release.publication.key, plan: release.plan },
        ...{ store: release.store, secrets: release.secrets },
        ...{ clock, signal: AbortSignal.any([signal, lease.lost]), emit },
      })
      return { release: release.publication.name, removed: images }
    } finally {
      await lease.release()
    }
  } finally {
    await release.close()
  }
}
