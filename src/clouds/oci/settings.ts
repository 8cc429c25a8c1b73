import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'

/** The `oci` section. */
export type OciImageSettings = NonNullable<Resolved['oci']>

/** The settings of this cloud; it is the chosen one wherever this folder is used. */
export function ociOf(resolved: Resolved): OciImageSettings {
  if (resolved.oci === undefined) throw new SindriError('config', `the config is for ${resolved.cloud}, not for oci`)
  return resolved.oci
}
