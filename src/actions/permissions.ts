import type { Permission } from '../clouds/cloud.ts'
import { cloud as cloudOf } from '../clouds/index.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'

export interface PermissionsResult {
  readonly permissions: readonly Permission[]
  /** The document to attach, in the cloud's own form. */
  readonly policy: unknown
}

/** What the credentials must be allowed for this config, and nothing more. Offline. */
export async function permissions(options: ConfigOptions, context: Context): Promise<PermissionsResult> {
  const resolved = await configure({ ...options, partial: true }, context)
  const { of, policy } = await cloudOf(resolved.cloud).permissions()
  const needed = of(resolved)
  return { permissions: needed, policy: policy(needed) }
}
