import type { Tags } from './port.ts'

/** The tags Sindri finds its own things by. They are a contract with every image that was ever built. */
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

/** Tags of a deployment's resources. */
export function deploymentTags(deployment: string): Tags {
  return { Name: `sindri-${deployment}`, [tag.managed]: 'true', [tag.deployment]: deployment }
}

/** The name of the key pair a run makes: known before it begins, so that it can be found after a kill. */
export function temporaryKeyName(token: string): string {
  return `sindri-run-${token.slice(0, 24)}`
}
