import type { Context } from './context.ts'

/**
 * The environment Packer runs in. Secrets of the config reach it only here, never by argument or file. A rehearsed
 * Packer has no credentials but the rehearsal's, trusts no authority and has no proxy but the rehearsal's.
 */
export function packerEnvironment({ environment, rehearsal }: Context): Record<string, string | undefined> {
  return { ...(rehearsal?.over(environment, 'others') ?? environment) }
}
