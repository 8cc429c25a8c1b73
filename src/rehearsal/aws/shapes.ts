import data from './shapes.generated.json' with { type: 'json' }

/** One member of a structure: its name on the wire and its type; `list` counts for `type`'s elements. */
export interface Member {
  readonly name: string
  readonly wire: string
  readonly list: boolean
  /** In an answer, the name of a list's elements. */
  readonly item: string
  /** string, integer, double, boolean, timestamp, blob, or the name of a structure or an enum. */
  readonly type: string
}

type Structures = Readonly<Record<string, Readonly<Record<string, string>>>>

const operations: Readonly<Record<string, readonly string[]>> = data.operations
const required: Readonly<Record<string, readonly string[]>> = data.required
const enums: Readonly<Record<string, readonly string[]>> = data.enums
const structures: Readonly<Record<'input' | 'output', Structures>> = { input: data.input, output: data.output }

/** The API version of the model these shapes were generated from. */
export const apiVersion: string = data.apiVersion

/** The structure an operation takes or gives; undefined when it has none. */
export function rootShape(operation: string, direction: 'input' | 'output'): string | undefined {
  const name = operations[operation]?.[direction === 'input' ? 0 : 1]
  return name === '' ? undefined : name
}

/** The members of a structure in AWS's order; undefined when `name` is not a structure. */
export function membersOf(name: string, direction: 'input' | 'output'): readonly Member[] | undefined {
  const members = Object.hasOwn(structures[direction], name) ? structures[direction][name] : undefined
  return members && Object.entries(members).map(([member, text]) => memberOf(member, text))
}

function memberOf(name: string, text: string): Member {
  const [wire = name, type = 'string'] = text.split(' ')
  const [, item, element] = /^\[(\w*)\](\w+)$/.exec(type) ?? []
  return { name, wire, list: item !== undefined, item: item ?? '', type: element ?? type }
}

/** The members a request cannot leave out. */
export function requiredMembers(name: string): readonly string[] {
  return required[name] ?? []
}

/** The allowed values; undefined when `name` is not an enum. */
export function enumValues(name: string): readonly string[] | undefined {
  return Object.hasOwn(enums, name) ? enums[name] : undefined
}
