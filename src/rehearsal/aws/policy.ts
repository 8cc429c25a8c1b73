import { SindriError } from '../../core/error.ts'
import { wildcardMatch } from '../kit/wildcard.ts'

/** `${*}`, `${?}` and `${$}` mean themselves. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html (2026-11) */
const special = /\$\{([*?$])\}/g

interface Condition {
  readonly operator: 'StringEquals' | 'StringLike'
  readonly key: string
  readonly values: readonly string[]
}

interface Statement {
  readonly allow: boolean
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions: readonly Condition[]
}

/** An identity-based IAM policy. */
export type Policy = readonly Statement[]

/** What is asked of a policy. `context` holds condition keys, for example `aws:RequestTag/Name`. */
export interface Question {
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, string>>
}

function refuse(where: string, what: string): never {
  throw new SindriError('usage', `${where}: ${what}`, {
    hint: 'The rehearsal enforces Allow and Deny with Action, Resource, and the conditions StringEquals and StringLike on request tags, resource tags, aws:RequestedRegion and ec2:CreateAction.',
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function texts(value: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((each) =>
    typeof each === 'string' ? each : refuse(where, `${JSON.stringify(each)} is not a string`),
  )
}

const knownKeys = /^((aws:RequestTag|aws:ResourceTag|ec2:ResourceTag)\/.+|aws:RequestedRegion|ec2:CreateAction)$/

function conditionsOf(value: unknown, where: string): readonly Condition[] {
  if (value === undefined) return []
  if (!isObject(value)) return refuse(where, 'Condition is not an object')
  return Object.entries(value).flatMap(([operator, tests]) => {
    if (operator !== 'StringEquals' && operator !== 'StringLike')
      return refuse(where, `the condition operator ${operator} is not understood`)
    if (!isObject(tests)) return refuse(where, `${operator} is not an object`)
    return Object.entries(tests).map(([key, values]) => {
      if (!knownKeys.test(key)) return refuse(where, `the condition key ${key} is not understood`)
      return { operator, key: key.replace(/^ec2:ResourceTag/, 'aws:ResourceTag'), values: texts(values, where) }
    })
  })
}

function statementOf(value: unknown, where: string): Statement {
  if (!isObject(value)) return refuse(where, 'is not an object')
  const { Sid, Effect, Action, Resource, Condition, ...rest } = value
  const [other] = Object.keys(rest)
  if (other !== undefined) refuse(where, `${other} is not understood`)
  if (Effect !== 'Allow' && Effect !== 'Deny') refuse(where, `Effect is ${JSON.stringify(Effect)}, not Allow or Deny`)
  return {
    allow: Effect === 'Allow',
    actions: texts(Action, `${where}: Action`),
    resources: texts(Resource, `${where}: Resource`),
    conditions: conditionsOf(Condition, where),
  }
}

/** Reads an IAM policy document, when it is one; what it does not understand is refused rather than ignored. */
export function readPolicy(document: unknown, file: string): Policy | undefined {
  // Alibaba Cloud's policies look the same and have version 1.
  if (!isObject(document) || document.Statement === undefined || document.Version === '1') return undefined
  const statements: readonly unknown[] = Array.isArray(document.Statement) ? document.Statement : [document.Statement]
  return statements.map((each, index) => statementOf(each, `${file}: statement ${index + 1}`))
}

function applies(statement: Statement, { action, resource, context }: Question): boolean {
  const lower = action.toLowerCase()
  return (
    statement.actions.some((pattern) => wildcardMatch(pattern.toLowerCase(), lower)) &&
    statement.resources.some((pattern) => wildcardMatch(pattern.replaceAll(special, '\\$1'), resource)) &&
    statement.conditions.every(({ operator, key, values }) => {
      const actual = Object.hasOwn(context, key) ? context[key] : undefined
      if (actual === undefined) return false
      return values.some((value) => (operator === 'StringLike' ? wildcardMatch(value, actual) : value === actual))
    })
  )
}

/** An explicit deny wins; without an allow nothing is allowed. */
export function decide(policy: Policy, question: Question): 'allowed' | 'denied' | 'not allowed' {
  const applying = policy.filter((statement) => applies(statement, question))
  if (applying.some((statement) => !statement.allow)) return 'denied'
  return applying.length > 0 ? 'allowed' : 'not allowed'
}
