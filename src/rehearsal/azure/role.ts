import { SindriError } from '../../core/error.ts'
import { azureError } from './azure-error.ts'
import { account } from './places.ts'

/** The actions the principal has, with `*`; those on data after the word `data`. Undefined stands for all of them. */
export type Role = readonly string[]

/** A custom role as `az role definition create` reads it, when the document is one. */
export function readRole(value: unknown, file: string): Role | undefined {
  if (typeof value !== 'object' || value === null || !('Actions' in value)) return undefined
  const { Actions: actions } = value
  const onData = 'DataActions' in value ? value.DataActions : []
  if (!Array.isArray(actions)) throw new SindriError('usage', `${file}: Actions is not a list`)
  if (!Array.isArray(onData)) throw new SindriError('usage', `${file}: DataActions is not a list`)
  return [...actions.map(String), ...onData.map((action) => dataAction(String(action)))]
}

/** An action on data, which Azure tells apart from one on the resource. */
export function dataAction(action: string): string {
  return `data ${action}`
}

/** Actions and those on data, apart. */
export function actionsOf(role: Role = ['*', dataAction('*')]): readonly [readonly string[], readonly string[]] {
  const own = role.filter((action) => !action.startsWith(dataAction('')))
  const onData = role.filter((action) => action.startsWith(dataAction('')))
  return [own, onData.map((action) => action.slice(dataAction('').length))]
}

/** Whether the role includes an action. */
export function allows(role: Role | undefined, action: string): boolean {
  const onData = action.startsWith('data ')
  return role === undefined || role.some((own) => own.startsWith('data ') === onData && covers(own, action))
}

/** Refuses what the role does not include, in Azure's words. */
export function authorize(role: Role | undefined, actions: readonly string[], scope: string): void {
  const lacking = actions.find((action) => !allows(role, action))
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
