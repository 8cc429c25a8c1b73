import { awsError } from './aws-error.ts'
import type { Fields, Value } from './query.ts'

/** Typed reading of checked parameters. Absent members read as undefined or as the empty list. */
export interface Input {
  readonly fields: Fields
  text(name: string): string | undefined
  /** Like `text`; MissingParameter when the client left out what this operation cannot do without. */
  need(name: string): string
  number(name: string): number | undefined
  flag(name: string): boolean | undefined
  texts(name: string): readonly string[]
  one(name: string): Input | undefined
  many(name: string): readonly Input[]
}

function isFields(value: Value | undefined): value is Fields {
  return typeof value === 'object' && !Array.isArray(value)
}

function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? value : []
}

/** Reads `fields` as `parseForm` gave them. */
export function inputOf(fields: Fields): Input {
  function text(name: string): string | undefined {
    const value = fields[name]
    return typeof value === 'string' ? value : undefined
  }
  return {
    fields,
    text,
    need: (name) => {
      const value = text(name)
      if (value === undefined) throw awsError('MissingParameter', `The request must contain the parameter ${name}`)
      return value
    },
    number: (name) => {
      const value = fields[name]
      return typeof value === 'number' ? value : undefined
    },
    flag: (name) => {
      const value = fields[name]
      return typeof value === 'boolean' ? value : undefined
    },
    texts: (name) => listOf(fields[name]).filter((value) => typeof value === 'string'),
    one: (name) => {
      const value = fields[name]
      return isFields(value) ? inputOf(value) : undefined
    },
    many: (name) => listOf(fields[name]).filter(isFields).map(inputOf),
  }
}

/** The dotted member names a request uses, for example `BlockDeviceMappings.Ebs.VolumeSize`. */
export function usedMembers(fields: Fields): ReadonlySet<string> {
  const used = new Set<string>()
  function visit(value: Value | undefined, path: string): void {
    if (isFields(value)) {
      for (const [name, child] of Object.entries(value)) visit(child, path === '' ? name : `${path}.${name}`)
    } else if (Array.isArray(value) && value.some(isFields)) {
      for (const child of value) visit(child, path)
    } else {
      used.add(path)
    }
  }
  visit(fields, '')
  return used
}
