import { digest } from '../../core/digest.ts'
import { call, type Raw, type Value } from '../../packer/hcl.ts'

/** Labels by key, of an image, an instance or a disk. */
export type Labels = Readonly<Record<string, string>>

/**
 * The labels Sindri finds its own things by. They are a contract with every image that was ever built, and are spelt
 * as Google allows: https://cloud.google.com/compute/docs/labeling-resources#requirements (2026-11).
 */
export const label = {
  managed: 'sindri-managed',
  release: 'sindri-release',
  fingerprint: 'sindri-fingerprint',
  /** Which inputs an image of a finished disk was made from. */
  digest: 'sindri-digest',
  /** Where such an image is kept. */
  location: 'sindri-location',
  version: 'sindri-version',
  profile: 'sindri-profile',
  base: 'sindri-base',
  sshUser: 'sindri-ssh-user',
  run: 'sindri-run',
  deployment: 'sindri-deployment',
} as const

const longest = 63

/** Text as the value of a label can hold it: `3.1.0` becomes `3_1_0`, and what is too long loses its beginning. */
export function labelValue(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{Ll}0-9_-]/gu, '_')
    .slice(-longest)
}

/** As much of a sha256 as a label has room for. */
export function labelDigest(sha256: string): string {
  return sha256.slice(0, longest)
}

/**
 * A name that Compute Engine takes, also as a label: what is not one yet loses what is not allowed and gets a part of its
 * sha256, so that different names stay different. https://cloud.google.com/compute/docs/naming-resources (2026-11)
 */
export function resourceName(name: string): string {
  if (/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const begun = /^[a-z]/.test(plain) ? plain : `i-${plain}`
  return `${begun.slice(0, longest - 9).replace(/-$/, '')}-${digest(name).slice(0, 8)}`
}

/** The same, of what Packer knows only when it runs. */
export function labelExpression(value: Raw): Value {
  return call('regex_replace', call('lower', value), '[^a-z0-9_-]', '_')
}

/** A version as `labelValue` wrote it. */
export function versionOf(value: string | undefined): string | undefined {
  return value?.replaceAll('_', '.')
}

/** The token of a run, in as many characters as a label and a name have room for. */
export function runLabel(token: string): string {
  return token.slice(0, 32)
}

/** What a run calls its instance and its disk: known before it begins, so that they can be found after a kill. */
export function builderName(token: string): string {
  return `sindri-run-${runLabel(token)}`
}

/** What the instance, disk, firewall rule and network tag of a deployment are called. */
export function deploymentName(deployment: string): string {
  return `sindri-${deployment}`
}

/** Labels of a deployment's resources. */
export function deploymentLabels(deployment: string): Labels {
  return { [label.managed]: 'true', [label.deployment]: deployment }
}
