/** An object of a request or an answer. */
export type Json = { readonly [name: string]: unknown }

/** An object among the members of a body; empty when it is left out. */
export function objectIn(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {}
}

/** The objects of a list. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(objectIn) : []
}

/** The strings of a list. */
export function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** A string, or undefined when it is left out or empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Members of a body that say something, dotted; items of a list under the name of the list. */
function saidIn(value: unknown, name = ''): readonly string[] {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return []
  if (Array.isArray(value)) return value.flatMap((item) => saidIn(item, name))
  if (typeof value !== 'object') return [name]
  return Object.entries(value).flatMap(([key, inner]) => saidIn(inner, name === '' ? key : `${name}.${key}`))
}

/** What a body says beyond the supported members (dotted; a name covers all below it); the first such member. */
export function unsupportedIn(body: Json, supported: readonly string[]): string | undefined {
  return saidIn(body).find((said) => !supported.some((member) => said === member || said.startsWith(`${member}.`)))
}
