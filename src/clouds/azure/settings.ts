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

/** The text of a field, or of the variable it names. @throws SindriError `config` when that is not set */
export function fieldOf(
  name: string,
  field: string | VariableReference,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (typeof field === 'string') return field
  const value = environment[field.environment]
  if (value !== undefined && value !== '') return value
  throw new SindriError('config', `azure.${name} is not set`, {
    hint: `set ${field.environment}, or write azure.${name} in sindri.yaml`,
  })
}
