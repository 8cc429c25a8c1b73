/** The tags Sindri finds its own things by. They are a contract with every image that was ever built. */
export const tag = {
  managed: 'sindri:managed',
  release: 'sindri:release',
  fingerprint: 'sindri:fingerprint',
  /** Which inputs a copy was made from. */
  digest: 'sindri:digest',
  /** On copies that a release made of a built image: where that is, and its id. */
  source: 'sindri:source',
  version: 'sindri:version',
  profile: 'sindri:profile',
  base: 'sindri:base',
  sshUser: 'sindri:ssh-user',
  /** Where images have no description of their own. */
  description: 'sindri:description',
  run: 'sindri:run',
  deployment: 'sindri:deployment',
} as const

/** What a run calls what it makes: known before it begins, so that it can be found after a kill. */
export function temporaryName(token: string): string {
  return `sindri-run-${token.slice(0, 24)}`
}

/** What the things of a deployment are called. */
export function deploymentName(deployment: string): string {
  return `sindri-${deployment}`
}

/** Tags of a deployment's resources. */
export function deploymentTags(deployment: string): Readonly<Record<string, string>> {
  return { [tag.managed]: 'true', [tag.deployment]: deployment }
}
