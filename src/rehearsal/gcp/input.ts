import { gcpError, notImplemented } from './gcp-error.ts'
import type { Json } from './records.ts'

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

/** Labels, or a refusal of those that Google does not allow. https://cloud.google.com/compute/docs/labeling-resources#requirements */
export function labelsIn(value: unknown): Readonly<Record<string, string>> {
  const labels = Object.entries(objectIn(value)).map(([key, text]) => [key, String(text)] as const)
  for (const [key, text] of labels) {
    if (!/^\p{Ll}[\p{Ll}0-9_-]{0,62}$/u.test(key) || !/^[\p{Ll}0-9_-]{0,63}$/u.test(text))
      throw gcpError(
        'invalid',
        `Invalid value for field 'labels': '${key}=${text}'. Label keys and values can contain only lowercase letters, digits, dashes and underscores.`,
      )
  }
  return Object.fromEntries(labels)
}

/** The name of a new resource, or a refusal. https://cloud.google.com/compute/docs/naming-resources */
export function nameIn(body: Json): string {
  const name = textIn(body.name) ?? ''
  if (!/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    throw gcpError(
      'invalid',
      `Invalid value for field 'resource.name': '${name}'. Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'`,
    )
  return name
}

/** A path below `/compute/v1/`, from a full or partial URL of a resource. */
export function pathIn(value: unknown, project: string): string {
  const path = String(value ?? '').replace(/^(https:\/\/(www|compute)\.googleapis\.com)?\/?(compute\/v1\/)?/, '')
  return path.startsWith('projects/') ? path : `projects/${project}/${path}`
}

/** Members of a body that say something, dotted; items of a list under the name of the list. */
function saidIn(value: unknown, name = ''): readonly string[] {
  if (value === null || value === undefined || value === '' || value === false || value === 0) return []
  if (Array.isArray(value)) return value.flatMap((item) => saidIn(item, name))
  if (typeof value !== 'object') return [name]
  return Object.entries(value).flatMap(([key, inner]) => saidIn(inner, name === '' ? key : `${name}.${key}`))
}

/** Refuses (501) a body that says more than is acted on. */
export function checkSupported(method: string, body: Json, supported: readonly string[]): void {
  const lacking = saidIn(body).find(
    (said) => !supported.some((member) => said === member || said.startsWith(`${member}.`)),
  )
  if (lacking !== undefined) throw notImplemented(`${lacking} in the body of ${method}`)
}
