import { SindriError } from '../core/error.ts'
import { environmentName, escaped, identifier, quoted, refuseGoTemplate } from './hcl-text.ts'

const expression: unique symbol = Symbol('HCL expression')

/** An HCL expression. Only the functions of this file make one, so text of a user can never become an expression. */
export interface Raw {
  readonly [expression]: true
  readonly raw: string
}

/** What an attribute may be set to. Strings are always literal: every character that means something to HCL is escaped. */
export type Value = string | number | boolean | Raw | readonly Value[] | { readonly [key: string]: Value }

/** One HCL block. An attribute that is `undefined` is left out; `comment` is written above the block. */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  readonly attributes: Readonly<Record<string, Value | undefined>>
  readonly blocks: readonly Block[]
  readonly comment?: string
}

/** A block, with nested blocks last as in every Packer template. */
export function block(
  type: string,
  labels: readonly string[],
  attributes: Readonly<Record<string, Value | undefined>>,
  blocks: readonly Block[] = [],
): Block {
  return { type, labels, attributes, blocks }
}

/** A variable with a type, a description and possibly a default; without a default it must be set. */
export function variableBlock(
  name: string,
  options: {
    readonly type: 'string' | 'number' | 'bool' | 'list(string)'
    readonly description: string
    readonly default?: Value
    readonly sensitive?: boolean
  },
): Block {
  const { type, ...attributes } = options
  return block('variable', [name], { type: raw(type), ...attributes })
}

/** The value of an input variable: `var.name`. */
export function variable(name: string): Raw {
  return raw(`var.${identifier(name)}`)
}

/** The value of a local: `local.name`. */
export function local(name: string): Raw {
  return raw(`local.${identifier(name)}`)
}

/**
 * The environment variable `name`, or the first of `others` where it is empty, read when Packer runs. Packer allows it
 * in the default of a variable only.
 */
export function environment(name: string, ...others: readonly string[]): Raw {
  const read = `env(${quoted(environmentName(name))})`
  const [next, ...more] = others
  return raw(next === undefined ? read : `${read} != "" ? ${read} : ${environment(next, ...more).raw}`)
}

/** Whether a text is empty: `var.client_id == ""`. */
export function isEmpty(value: Raw): Raw {
  return raw(`${value.raw} == ""`)
}

/** The value if it is set, else the other one; that may be empty, which Packer's `coalesce` refuses. */
export function either(value: Raw, other: Raw): Raw {
  return raw(`${value.raw} != null ? ${value.raw} : ${other.raw}`)
}

/** A call of one of Packer's functions, for example `call('coalesce', variable('region'), 'us-west-2')`. */
export function call(name: string, ...args: readonly (string | number | Raw)[]): Raw {
  const written = args.map((arg) => (typeof arg === 'object' ? arg.raw : scalar(arg)))
  return raw(`${identifier(name)}(${written.join(', ')})`)
}

/** The value that says nothing was given. */
export const none: Raw = raw('null')

/** The folder of the template, wherever Packer is started. */
export const templateFolder: Raw = raw('path.root')

/** A constant of Sindri's own code that Packer evaluates as a Go template (`{{ .Vars }}`). Never for text of a user. */
export function constantTemplate(text: string): Raw {
  return raw(`"${escaped(text)}"`)
}

/** A string made of literal text and expressions: `"${var.image_name}-debian"`. */
export function interpolate(parts: readonly (string | Raw)[]): Raw {
  const literal = parts.filter((part) => typeof part === 'string').join('')
  refuseGoTemplate(literal)
  const written = parts.map((part) => (typeof part === 'string' ? escaped(part, true) : `\${${part.raw}}`))
  return raw(`"${written.join('')}"`)
}

/**
 * The `environment_vars` list of Packer's shell provisioner. Packer quotes the values for the shell but not the names
 * (a name `A;reboot;B` runs), so names must be plain: letters, digits and underscores.
 * https://developer.hashicorp.com/packer/docs/provisioners/shell#environment_vars
 */
export function environmentVariables(record: Readonly<Record<string, string | Raw>>): Value {
  return Object.entries(record).map(([name, value]) => {
    const start = `${environmentName(name)}=`
    return typeof value === 'string' ? start + value : interpolate([start, value])
  })
}

/** The text of these blocks in the one form that `packer fmt` leaves unchanged, one value per line. */
export function render(blocks: readonly Block[]): string {
  return blocks.map((one) => `${blockLines(one, '').join('\n')}\n`).join('\n')
}

function raw(text: string): Raw {
  return { [expression]: true, raw: text }
}

function isRaw(value: Value): value is Raw {
  return typeof value === 'object' && expression in value
}

function blockLines(one: Block, indent: string): readonly string[] {
  const inner = `${indent}  `
  const labels = one.labels.map((label) => ` "${identifier(label)}"`).join('')
  const attributes = Object.entries(one.attributes).filter((entry) => entry[1] !== undefined)
  const comment = one.comment?.split(/\r\n|[\r\n]/u).map((line) => `${indent}# ${line}`.trimEnd()) ?? []
  const body = assignments(
    attributes.map(([name, value]) => [identifier(name), value ?? none] as const),
    inner,
  )
  const nested = one.blocks.flatMap((child) => blockLines(child, inner))
  return [...comment, `${indent}${identifier(one.type)}${labels} {`, ...body, ...nested, `${indent}}`]
}

/** `packer fmt` aligns the equals signs of consecutive lines; a value of several lines ends such a group. */
function assignments(entries: readonly (readonly [string, Value])[], indent: string): readonly string[] {
  const lines: string[] = []
  let group: (readonly [string, string])[] = []
  const endGroup = () => {
    const width = Math.max(...group.map(([key]) => columns(key)))
    lines.push(...group.map(([key, value]) => `${indent}${key}${' '.repeat(width - columns(key))} = ${value}`))
    group = []
  }
  for (const [key, value] of entries) {
    const [first = '', ...more] = valueLines(value, indent)
    if (more.length === 0) {
      group.push([key, first])
      continue
    }
    endGroup()
    lines.push(`${indent}${key} = ${first}`, ...more)
  }
  endGroup()
  return lines
}

function valueLines(value: Value, indent: string): readonly string[] {
  if (typeof value !== 'object') return [scalar(value)]
  if (isRaw(value)) return [value.raw]
  const inner = `${indent}  `
  if (isList(value)) {
    if (value.length === 0) return ['[]']
    const items = value.flatMap((item) => {
      const lines = valueLines(item, inner)
      return lines.map((line, at) => `${at === 0 ? inner : ''}${line}${at === lines.length - 1 ? ',' : ''}`)
    })
    return ['[', ...items, `${indent}]`]
  }
  const entries = Object.entries(value).map(([key, item]) => [quoted(key), item] as const)
  if (entries.length === 0) return ['{}']
  return ['{', ...assignments(entries, inner), `${indent}}`]
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

function scalar(value: string | number | boolean): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new SindriError('config', `a Packer template cannot hold the number ${value}`)
  }
  return String(value)
}

function columns(text: string): number {
  // A segmenter takes milliseconds to make, and almost every key is plain.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].length
}
