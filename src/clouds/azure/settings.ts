import type { VariableReference } from '../../config/environment.ts'
import type { Resolved } from '../../config/resolved.ts'
import { SindriError } from '../../core/error.ts'
import { type Value, variable } from '../../packer/hcl.ts'

/** The `azure` section. */
export type AzureImageSettings = NonNullable<Resolved['azure']>

/** The settings of this cloud; it is the chosen one wherever this folder is used. */
export function azureOf(resolved: Resolved): AzureImageSettings {
  if (resolved.azure === undefined)
    throw new SindriError('config', `the config is for ${resolved.cloud}, not for azure`)
  return resolved.azure
}

/** What a template writes for a field that may be `${env:NAME}`: the text, or the variable that stands for it. */
export function written(field: string | VariableReference): Value {
  return typeof field === 'string' ? field : variable(field.variable)
}
