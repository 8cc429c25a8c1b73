/**
 * `${env:NAME}` as the whole value of a field. It is never expanded into a template: the field becomes a sensitive
 * Packer variable, and its value reaches Packer through the environment alone.
 */
export interface VariableReference {
  /** The Packer variable that stands for the field. */
  readonly variable: string
  /** The environment variable its value comes from. */
  readonly environment: string
}

const reference = /^\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}$/

/** What an environment variable may be called. Packer's shell provisioner does not quote the names. */
export const environmentName: RegExp = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The NAME of a value that is exactly `${env:NAME}`. */
export function environmentReference(value: string): string | undefined {
  return reference.exec(value)?.[1]
}

/** True when `${env:` occurs anywhere in a value. */
export function mentionsEnvironment(value: string): boolean {
  return value.includes('${env:')
}
