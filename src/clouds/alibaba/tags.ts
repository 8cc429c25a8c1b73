import type { Value } from '../../packer/hcl.ts'

/** Tags by which an image says what it is. Their keys must not begin with `aliyun` or `acs:`. */
export const tag = {
  managed: 'sindri:managed',
  release: 'sindri:release',
  fingerprint: 'sindri:fingerprint',
  /** Which inputs a copy was made from. */
  digest: 'sindri:digest',
  version: 'sindri:version',
  profile: 'sindri:profile',
  base: 'sindri:base',
  sshUser: 'sindri:ssh-user',
  run: 'sindri:run',
  deployment: 'sindri:deployment',
} as const

/** What a run calls all it makes: known before it begins, so that it can be found after a kill. */
export function temporaryName(token: string): string {
  return `sindri-run-${token.slice(0, 24)}`
}

/** What the instance, key pair and security group of a deployment are called. */
export function deploymentName(deployment: string): string {
  return `sindri-${deployment}`
}

/** Tags of a deployment's resources. */
export function deploymentTags(deployment: string): Readonly<Record<string, string>> {
  return { [tag.managed]: 'true', [tag.deployment]: deployment }
}

/** What is written on an image; `Text` is what Packer or Sindri takes for a value. */
export interface ImageMarks<Text extends Value> {
  readonly tags: Readonly<Record<string, string>>
  readonly version: Text
  readonly profile: Text
  readonly base: string
  readonly sshUser: Text
  readonly release: { readonly name: string; readonly fingerprint: string } | undefined
}

/** The tags of an image and its snapshots. */
export function imageTags<Text extends Value>(marks: ImageMarks<Text>): Readonly<Record<string, Text | string>> {
  const { tags, version, profile, base, sshUser, release } = marks
  return {
    ...tags,
    [tag.managed]: 'true',
    [tag.version]: version,
    [tag.profile]: profile,
    [tag.base]: base,
    [tag.sshUser]: sshUser,
    ...(release && { [tag.release]: release.name, [tag.fingerprint]: release.fingerprint }),
  }
}
