import type * as z from 'zod/mini'
import { cloudHint } from './cloud-name.ts'
import { didYouMean } from './did-you-mean.ts'
import { dotted, type Mistake } from './mistake.ts'
import { keysAt } from './schema-keys.ts'
import { unknownKeyHint } from './unknown-keys.ts'
import { withoutSecrets } from './without-secrets.ts'

type Issue = z.core.$ZodIssue
type Path = Mistake['path']

/** A document's value and, for each of its parts, the text it was written as. */
interface Subject {
  readonly value: unknown
  readonly source: (path: Path) => string | undefined
}

/** The mistakes an issue of a document's schema stands for, in words. */
export function mistakesOf(issue: Issue, document: Subject, schema: z.ZodMiniType): Mistake[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  const found = valueAt(document.value, path)
  const name = dotted(path) || 'the document'
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys
        .filter((key) => key !== '__proto__')
        .map((key) => ({
          path: [...path, key],
          atKey: true,
          message: `${dotted([...path, key])} is not a setting`,
          hint: unknownKeyHint(path, key, keysAt(schema, path)),
        }))
    case 'invalid_type':
      return [{ path, ...wrongType(name, issue.expected, found, document.source(path)) }]
    case 'invalid_value': {
      const words = issue.values.map(String)
      const near = typeof found === 'string' ? didYouMean(found, words) : ''
      const hint = name === 'providers.packer.cloud' ? cloudHint(String(found)) : `${near}write ${words.join(', ')}`
      return [{ path, message: `${name}: ${shown(found)} is not one of the values it can have`, hint }]
    }
    case 'too_small':
      return [{ path, message: `${name}: ${shown(found)} is too small`, hint: `the least is ${issue.minimum}` }]
    case 'too_big':
      return [{ path, message: `${name}: ${shown(found)} is too large`, hint: `the most is ${issue.maximum}` }]
    case 'custom':
      return [{ path, message: `${name}: ${shown(found, isSecret(path))} ${issue.message}`, ...hintOf(issue.params) }]
    case 'invalid_union':
      return [{ path, message: `${name}: ${shown(found)} is not supported`, hint: 'write version: "1.0"' }]
    default:
      return [{ path, message: `${name}: ${shown(found)} is not allowed here` }]
  }
}

function wrongType(name: string, expected: string, found: unknown, source: string | undefined): Omit<Mistake, 'path'> {
  if (found === undefined) {
    return { message: `${name} is missing`, hint: 'it is required in this section' }
  }
  if (found === null) return { message: `${name} has no value`, hint: 'remove the line or give it a value' }
  if (expected === 'string' && typeof found !== 'object') {
    const written = source ?? String(found)
    return { message: `${name}: YAML reads ${written} as a ${typeof found}`, hint: `put it in quotes: "${written}"` }
  }
  if (expected === 'boolean' && typeof found === 'string' && /^(y|yes|on|n|no|off|true|false)$/i.test(found)) {
    const meant = /^(y|on|t)/i.test(found)
    return { message: `${name}: ${shown(found)} is text in YAML 1.2`, hint: `write ${meant}, without quotes` }
  }
  const wanted = typeNames[expected] ?? expected
  const number = expected === 'number' || expected === 'int'
  const hint =
    number && typeof found === 'string' && /^\d+$/.test(found) ? `remove the quotes: ${found}` : `write ${wanted}`
  return { message: `${name}: ${shown(found)} is not ${wanted}`, hint }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a whole number',
  int: 'a whole number',
  array: 'a list, with a dash before each item',
  object: 'a section, with its own keys below it',
  record: 'a section, with its own keys below it',
}

function shown(value: unknown, secret = false): string {
  if (secret) return 'the value'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a section'
  const text = JSON.stringify(typeof value === 'string' ? withoutSecrets(value) : value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** Values of environment variables may be secrets: they are never repeated. */
function isSecret(path: Path): boolean {
  return path[3] === 'environment'
}

function hintOf(params: Readonly<Record<string, unknown>> | undefined): { hint?: string } {
  return typeof params?.hint === 'string' ? { hint: params.hint } : {}
}

function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Record<string | number, unknown>)[step]
  }
  return found
}
