/** The tags Sindri finds its own things by. They are a contract with every image that was ever built. */
export const tag = {
  managed: 'sindri:managed',
  release: 'sindri:release',
  fingerprint: 'sindri:fingerprint',
  version: 'sindri:version',
  profile: 'sindri:profile',
  base: 'sindri:base',
  description: 'sindri:description',
  run: 'sindri:run',
  deployment: 'sindri:deployment',
} as const

/** The name of what a run builds in: known before it begins, so that it can be found after a kill. */
export function temporaryName(token: string): string {
  return `sindri-run-${token.slice(0, 24)}`
}

/** The resource group of a deployment, and what everything in it is called. */
export function deploymentName(deployment: string): string {
  return `sindri-${deployment}`
}

/** Tags of a deployment's resources. */
export function deploymentTags(deployment: string): Readonly<Record<string, string>> {
  return { [tag.managed]: 'true', [tag.deployment]: deployment }
}
