/** Tags by which an image says what it is. Their keys must not begin with `aliyun` or `acs:`. */
export const tag = {
  managed: 'sindri:managed',
  release: 'sindri:release',
  fingerprint: 'sindri:fingerprint',
  version: 'sindri:version',
  profile: 'sindri:profile',
  base: 'sindri:base',
  sshUser: 'sindri:ssh-user',
  run: 'sindri:run',
} as const

/** The name of the key pair a run makes: known before it begins, so that it can be found after a kill. */
export function temporaryKeyName(token: string): string {
  return `sindri-run-${token.slice(0, 24)}`
}
