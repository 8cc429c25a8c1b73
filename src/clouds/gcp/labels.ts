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
