import { SindriError } from '../../core/error.ts'
import { objectIn, objectsIn, textIn, textsIn } from '../kit/json.ts'
import { wildcardMatch } from '../kit/wildcard.ts'
import { alibabaError } from './alibaba-error.ts'

interface Statement {
  readonly allow: boolean
  readonly actions: readonly string[]
}

/** What the account may do; undefined stands for everything. */
export type RamPolicy = readonly Statement[]

/** A RAM policy document, when it is one: version 1, with statements about actions on all resources. */
export function readRamPolicy(value: unknown, file: string): RamPolicy | undefined {
  const { Version, Statement } = objectIn(value)
  if (Version !== '1' || !Array.isArray(Statement)) return undefined
  return objectsIn(Statement).map(({ Effect, Action, Resource, ...others }) => {
    const actions = typeof Action === 'string' ? [Action] : textsIn(Action)
    const [unknown] = Object.keys(others)
    const resource = textIn(Resource) ?? textsIn(Resource).join(' ')
    if (unknown !== undefined || resource !== '*' || (Effect !== 'Allow' && Effect !== 'Deny') || actions.length === 0)
      throw new SindriError('usage', `${file}: a statement has ${unknown ?? `the resource ${resource} or no effect`}`, {
        hint: 'the rehearsal enforces Effect and Action of statements about the resource *',
      })
    return { allow: Effect === 'Allow', actions }
  })
}

function allows(policy: RamPolicy, action: string): boolean {
  const applying = policy.filter((one) => one.actions.some((pattern) => wildcardMatch(pattern, action)))
  return applying.length > 0 && applying.every(({ allow }) => allow)
}

/** The same, in OSS's words. */
export function authorizeOss(policy: RamPolicy | undefined, action: string): void {
  if (policy === undefined || allows(policy, action)) return
  throw alibabaError('AccessDenied', `You have no right to access this object because of bucket acl. (${action})`)
}

/** Refuses what the policy does not allow, or denies, in RAM's words. */
export function authorize(policy: RamPolicy | undefined, actions: readonly string[]): void {
  for (const action of policy === undefined ? [] : actions) {
    if (policy !== undefined && allows(policy, action)) continue
    throw alibabaError(
      'Forbidden.RAM',
      `User not authorized to operate on the specified resource, or this API doesn't support RAM. (${action})`,
    )
  }
}
