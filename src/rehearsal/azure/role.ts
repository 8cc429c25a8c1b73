import { SindriError } from '../../core/error.ts'
import { azureError } from './azure-error.ts'
import { account } from './places.ts'

/** The actions the principal has, with `*`; undefined stands for all of them. */
export type Role = readonly string[]

/** A custom role as `az role definition create` reads it, when the document is one. */
export function readRole(value: unknown, file: string): Role | undefined {
  if (typeof value !== 'object' || value === null || !('Actions' in value)) return undefined
  const { Actions: actions } = value
  if (!Array.isArray(actions)) throw new SindriError('usage', `${file}: Actions is not a list`)
  return actions.map(String)
}

/** Refuses what the role does not include, in Azure's words. */
export function authorize(role: Role | undefined, actions: readonly string[], scope: string): void {
  const lacking = actions.find((action) => role !== undefined && !role.some((pattern) => covers(pattern, action)))
  if (lacking === undefined) return
  throw azureError(
    403,
    'AuthorizationFailed',
    `The client '${account.client}' with object id '${account.principal}' does not have authorization to perform action '${lacking}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  )
}

function covers(pattern: string, action: string): boolean {
  const words = pattern.split('*').map((word) => word.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${words.join('.*')}$`, 'i').test(action)
}
