import type { Permission } from '../clouds/cloud.ts'
import { diskSources } from '../clouds/disk-sources.ts'
import type { PublisherId } from '../clouds/disk-target.ts'
import { cloud as cloudOf } from '../clouds/index.ts'
import { publishers } from '../clouds/publishers.ts'
import { sharedStoreAt } from '../clouds/stores.ts'
import { readConfig } from '../config/read.ts'
import { releaseOf } from '../config/release.ts'
import { SindriError } from '../core/error.ts'
import { schemeOf } from '../remote/disk-url.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'

export interface PermissionsResult {
  readonly permissions: readonly Permission[]
  /** The document to attach, in the cloud's own form. */
  readonly policy: unknown
}

/** What the credentials must be allowed to publish the release of this config and share its records, and nothing more. Offline. */
export async function releasePermissions(
  options: { readonly config?: string | undefined; readonly cloud?: string | undefined },
  context: Context,
): Promise<PermissionsResult> {
  // The version has no part in it.
  const release = releaseOf(await readConfig(options.config, context.cwd), { version: '0' })
  // Cast: the schema lets no other key through.
  const named = Object.keys(release.targets) as PublisherId[]
  const chosen = options.cloud ?? (named.length === 1 ? named[0] : undefined)
  if (chosen === undefined)
    throw new SindriError('usage', 'no cloud is chosen', { hint: 'give --cloud with one of release.targets' })
  const publisher = publishers.find(({ id }) => id === chosen)
  if (publisher?.permissions !== undefined) return publisher.permissions(release)
  const { ofRelease, policy } = await cloudOf(chosen).permissions()
  const store = release.store && sharedStoreAt(release.store)
  const needed = [...ofRelease(release)]
  const scheme = schemeOf(release.disk ?? '')
  const source = diskSources.find((one) => one.scheme === scheme && one.cloud === chosen)
  const reading = release.disk === undefined ? [] : (source?.permissions(release.disk) ?? [])
  for (const one of [...(store?.cloud === chosen ? store.permissions : []), ...reading])
    if (!needed.some(({ action, on }) => action === one.action && on === one.on)) needed.push(one)
  return { permissions: needed, policy: policy(needed, undefined) }
}

/** What the credentials must be allowed for this config, and nothing more. Offline. */
export async function permissions(options: ConfigOptions, context: Context): Promise<PermissionsResult> {
  const resolved = await configure({ ...options, partial: true }, context)
  const { of, policy } = await cloudOf(resolved.cloud).permissions()
  const needed = of(resolved)
  return { permissions: needed, policy: policy(needed, resolved) }
}
