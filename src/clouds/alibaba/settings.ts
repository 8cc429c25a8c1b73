import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'

/** The `alibaba` section. */
export type AlibabaImageSettings = NonNullable<Resolved['alibaba']>

/** The settings of this cloud; it is the chosen one wherever this folder is used. */
export function alibabaOf(resolved: Resolved): AlibabaImageSettings {
  if (resolved.alibaba === undefined)
    throw new SindriError('config', `the config is for ${resolved.cloud}, not for alibaba`)
  return resolved.alibaba
}

/** Who logs in: root, unless the builder is told otherwise. */
export function sshUserOf({ extra }: AlibabaImageSettings): string {
  return typeof extra.ssh_username === 'string' ? extra.ssh_username : 'root'
}
