/** Free-form tags by which an image says what it is. Their keys hold neither spaces nor dots. */
export const tag = {
  managed: 'sindri:managed',
  release: 'sindri:release',
  fingerprint: 'sindri:fingerprint',
  version: 'sindri:version',
  profile: 'sindri:profile',
  base: 'sindri:base',
  sshUser: 'sindri:ssh-user',
  run: 'sindri:run',
  deployment: 'sindri:deployment',
  /** Images have no description of their own here. */
  description: 'sindri:description',
} as const

/** Free-form tags one resource may have: https://docs.oracle.com/iaas/Content/Tagging/Concepts/taggingoverview.htm#limits (2026-11). */
export const mostTags = 10

/** What the instance and the security group of a deployment are called. */
export function deploymentName(deployment: string): string {
  return `sindri-${deployment}`
}

/** Tags of a deployment's resources. */
export function deploymentTags(deployment: string): Readonly<Record<string, string>> {
  return { [tag.managed]: 'true', [tag.deployment]: deployment }
}
