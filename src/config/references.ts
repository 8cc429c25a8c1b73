import type { CloudName } from './cloud-name.ts'
import { defaults } from './defaults.ts'
import { environmentReference, type VariableReference } from './environment.ts'
import { dotted, type Mistake } from './mistake.ts'
import type { Secret } from './resolved.ts'
import type { EnvironmentValue } from './sections/build.ts'

type Section = Readonly<Record<string, unknown>>

/** The `${env:NAME}` of a build and of a cloud's section, each turned into a Packer variable. */
interface References {
  /** What stands in place of `build.environment`. */
  readonly environment: Readonly<Record<string, EnvironmentValue>>
  /** What stands in place of fields of the cloud's section. */
  readonly fields: Readonly<Record<string, VariableReference>>
  readonly secrets: readonly Secret[]
  /** The variables that are not set. */
  readonly mistakes: readonly Mistake[]
}

/** Finds every `${env:NAME}` in the resolved sections. `partial`: a variable that is not set is no mistake. */
export function referencesIn(
  cloud: CloudName,
  section: Section,
  environment: Readonly<Record<string, string>>,
  { env, partial = false }: { env: Readonly<Record<string, string | undefined>>; partial?: boolean },
): References {
  const fields: Record<string, VariableReference> = {}
  const values: Record<string, EnvironmentValue> = {}
  const secrets: Secret[] = []
  const mistakes: Mistake[] = []
  for (const [key, value] of Object.entries(section)) {
    const reference = refer(['providers', 'packer', cloud, key], key, value)
    if (reference !== undefined) fields[key] = reference
  }
  for (const [name, value] of Object.entries(environment)) {
    const reference = refer(['providers', 'packer', 'build', 'environment', name], `environment_${name}`, value)
    values[name] = reference === undefined ? { secret: false, value } : { secret: true, ...reference }
  }
  return { environment: values, fields, secrets, mistakes }

  function refer(path: Mistake['path'], variable: string, value: unknown): VariableReference | undefined {
    const name = typeof value === 'string' ? environmentReference(value) : undefined
    if (name === undefined) return undefined
    secrets.push({ variable, name })
    const unset = env[name] === undefined || env[name] === ''
    if (unset && !partial) mistakes.push({ path, ...missing(dotted(path), name, value) })
    return { variable, environment: name }
  }
}

function missing(path: string, name: string, value: unknown): { message: string; hint: string } {
  const byDefault = Object.entries(defaults).some(([key, text]) => key === path && text === value)
  return byDefault
    ? { message: `${path} is required`, hint: `write it in sindri.yaml, or set the environment variable ${name}` }
    : { message: `${path}: the environment variable ${name} is not set`, hint: `set ${name}, or write another value` }
}
