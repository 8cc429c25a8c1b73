import { type Json, objectIn, textIn, unsupportedIn } from '../kit/json.ts'
import { gcpError, notImplemented } from './gcp-error.ts'

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

/** Refuses (501) a body that says more than is acted on. */
export function checkSupported(method: string, body: Json, supported: readonly string[]): void {
  const lacking = unsupportedIn(body, supported)
  if (lacking !== undefined) throw notImplemented(`${lacking} in the body of ${method}`)
}
