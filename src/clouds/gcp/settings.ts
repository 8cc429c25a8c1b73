import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'

/** The `gcp` section. */
export type GcpImageSettings = NonNullable<Resolved['gcp']>

/** The settings of this cloud; it is the chosen one wherever this folder is used. */
export function gcpOf(resolved: Resolved): GcpImageSettings {
  if (resolved.gcp === undefined) throw new SindriError('config', `the config is for ${resolved.cloud}, not for gcp`)
  return resolved.gcp
}

/** Google's own name of an architecture. */
export const architectures = { x86_64: 'X86_64', arm64: 'ARM64' } as const
