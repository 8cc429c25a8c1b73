import { type Json, objectIn } from '../kit/json.ts'
import { azureError, notImplemented } from './azure-error.ts'
import { groupId, resourceId } from './resource-ids.ts'

/** What the expressions of a template are about. */
export interface Scope {
  readonly subscription: string
  readonly group: string
  readonly location: string
  readonly parameters: Json
  readonly variables: Json
}

function invalidTemplate(message: string): Error {
  return azureError(400, 'InvalidTemplate', `Deployment template validation failed: '${message}'.`)
}

/**
 * A value of a template with its expressions (`[concat('a', parameters('b'))]`) worked out.
 * https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions (2026-11)
 */
export function expand(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => expand(item, scope))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, expand(inner, scope)]))
  if (typeof value !== 'string' || !value.startsWith('[') || !value.endsWith(']')) return value
  if (value.startsWith('[[')) return value.slice(1)
  return evaluate(value.slice(1, -1), scope)
}

const token = /\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z]\w*)|([(),.]))/y

interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'sign'
  readonly value: string
}

function tokensOf(text: string): Token[] {
  const found: Token[] = []
  token.lastIndex = 0
  while (text.slice(token.lastIndex).trim() !== '') {
    const [, quoted, number, name, sign] = token.exec(text) ?? []
    if (quoted !== undefined) found.push({ kind: 'text', value: quoted.replaceAll("''", "'") })
    else if (number !== undefined) found.push({ kind: 'number', value: number })
    else if (name !== undefined) found.push({ kind: 'name', value: name })
    else if (sign !== undefined) found.push({ kind: 'sign', value: sign })
    else throw invalidTemplate(`the expression [${text}] is not understood`)
  }
  return found
}

function evaluate(text: string, scope: Scope): unknown {
  const tokens = tokensOf(text)
  let at = 0
  const isSign = (value: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.value === value

  function expression(): unknown {
    const first = tokens[at++]
    let value: unknown
    if (first?.kind === 'text') value = first.value
    else if (first?.kind === 'number') value = Number(first.value)
    else if (first?.kind === 'name') value = call(first.value, args(), scope)
    else throw invalidTemplate(`the expression [${text}] is not understood`)
    while (isSign('.')) {
      at++
      value = objectIn(value)[tokens[at++]?.value ?? '']
    }
    return value
  }

  function args(): readonly unknown[] {
    const given: unknown[] = []
    if (!isSign('(')) throw invalidTemplate(`the expression [${text}] is not understood`)
    at++
    while (!isSign(')')) {
      if (at >= tokens.length) throw invalidTemplate(`the expression [${text}] does not end`)
      given.push(expression())
      if (isSign(',')) at++
    }
    at++
    return given
  }

  const value = expression()
  if (at < tokens.length) throw invalidTemplate(`the expression [${text}] is not understood`)
  return value
}

function call(name: string, args: readonly unknown[], scope: Scope): unknown {
  const [first, second, third] = args
  switch (name.toLowerCase()) {
    case 'parameters':
      return named(scope.parameters, first, 'parameter')
    case 'variables':
      return expand(named(scope.variables, first, 'variable'), scope)
    case 'concat':
      return Array.isArray(first) ? args.flat() : args.map(String).join('')
    case 'resourceid':
      return idOf(args.map(String), scope)
    case 'resourcegroup':
      return { id: groupId(scope.subscription, scope.group), name: scope.group, location: scope.location }
    case 'subscription':
      return { id: `/subscriptions/${scope.subscription}`, subscriptionId: scope.subscription }
    case 'empty':
      return first === '' || (Array.isArray(first) && first.length === 0)
    case 'not':
      return first !== true
    case 'equals':
      return first === second
    case 'if':
      return first === true ? second : third
    default:
      throw notImplemented(`the function ${name} of a template`)
  }
}

function named(table: Json, name: unknown, what: string): unknown {
  const found = Object.entries(table).find(([key]) => key.toLowerCase() === String(name).toLowerCase())
  if (found === undefined) throw invalidTemplate(`the template ${what} '${String(name)}' is not found`)
  return found[1]
}

/** `resourceId([subscription, [group,]] type, names…)`: the type is the first with a slash. */
function idOf(words: readonly string[], { subscription, group }: Scope): string {
  const at = words.findIndex((word) => word.includes('/'))
  if (at < 0) throw invalidTemplate(`resourceId(${words.join(', ')}) names no type`)
  const [ownGroup = group, ownSubscription = subscription] = words.slice(0, at).reverse()
  return resourceId(ownSubscription, ownGroup, words[at] ?? '', ...words.slice(at + 1))
}
