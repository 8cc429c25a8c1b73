import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'

/** The `aws` section, all but what concerns deployed instances. */
export type AwsImageSettings = NonNullable<Resolved['aws']>

/** The settings of this cloud; it is the chosen one wherever this folder is used. */
export function awsOf(resolved: Resolved): AwsImageSettings {
  if (resolved.aws === undefined) throw new SindriError('config', `the config is for ${resolved.cloud}, not for aws`)
  return resolved.aws
}
