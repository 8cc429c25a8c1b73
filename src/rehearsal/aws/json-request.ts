import type { Request } from '../kit/front.ts'
import { routeOf } from '../kit/routes.ts'
import { type AwsError, awsError, notImplemented } from './aws-error.ts'
import type { JsonModel, Scalar } from './json-model.ts'
import type { Fields, Value } from './query.ts'

interface Named {
  readonly name: string
  /** The parts of the path, as the model names them. */
  readonly at: Readonly<Record<string, string>>
}

/** Reads requests of one service. */
export interface JsonRequests {
  /** What the request asks for; undefined when the model has no such operation. */
  named(request: Request): Named | undefined
  /**
   * The parameters, checked against AWS's model: required members, types, limits. The bytes of a payload are not among
   * them. Throws ValidationException.
   */
  fields(named: Named, request: Request): Fields
}

function refused(value: unknown, wire: string, what: string): AwsError {
  const member = wire.charAt(0).toLowerCase() + wire.slice(1)
  return awsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${what}`,
  )
}

/** The wording is that of the services' common framework, which every one of them answers with. */
function checked(value: Value, wire: string, scalar: Scalar): Value {
  const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = scalar
  if (typeof value === 'number' && scalar.min !== undefined && value < min)
    throw refused(value, wire, `Member must have value greater than or equal to ${min}`)
  if (typeof value === 'number' && value > max)
    throw refused(value, wire, `Member must have value less than or equal to ${max}`)
  if (typeof value !== 'string') return value
  if (value.length < min) throw refused(value, wire, `Member must have length greater than or equal to ${min}`)
  if (value.length > max) throw refused(value, wire, `Member must have length less than or equal to ${max}`)
  if (scalar.enum !== undefined && !scalar.enum.includes(value))
    throw refused(value, wire, `Member must satisfy enum value set: [${scalar.enum.join(', ')}]`)
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value))
    throw refused(value, wire, `Member must satisfy regular expression pattern: ${pattern}`)
  return value
}

const jsTypes: Readonly<Record<string, string>> = { integer: 'number', double: 'number', boolean: 'boolean' }

function scalarOf(value: unknown, wire: string, scalar: Scalar): Value {
  const wanted = jsTypes[scalar.type] ?? 'string'
  const right = typeof value === wanted && (scalar.type !== 'integer' || Number.isSafeInteger(value))
  if (!right)
    throw awsError('SerializationException', `${JSON.stringify(value)} of ${wire} is not of type ${scalar.type}`)
  return checked(value as Value, wire, scalar) // one of the three types above
}

/** A value out of a path, a header or a query, where everything is text. */
function fromText(text: string, wire: string, scalar: Scalar): Value {
  if (scalar.type === 'string') return scalarOf(text, wire, scalar)
  if (scalar.type === 'boolean') return scalarOf(text === 'true' || (text === 'false' ? false : text), wire, scalar)
  return scalarOf(text.trim() === '' ? text : Number(text), wire, scalar)
}

function bodyOf(request: Request): Readonly<Record<string, unknown>> {
  if (request.body.length === 0) return {}
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'))
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body }
  } catch {
    // Refused below, as what is no object is.
  }
  throw awsError('SerializationException', 'The body of the request is no JSON object')
}

/** Reads requests by a service's model: told apart by the header X-Amz-Target where there is one, else by method and path. */
export function jsonRequests(model: JsonModel): JsonRequests {
  const routes = Object.fromEntries(
    Object.entries(model.operations).map(([name, [target]]) => [name, { pattern: target }]),
  )
  const targets = new Map(Object.entries(model.operations).map(([name, [target]]) => [target, name]))

  function readValue(value: unknown, type: string, wire: string): Value {
    if (model.structures[type] !== undefined) return structure(value, type, wire)
    const scalar = model.scalars[type]
    if (scalar === undefined) throw new Error(`the model has no shape ${type}`)
    return scalarOf(value, wire, scalar)
  }

  function member(value: unknown, type: string, list: boolean, wire: string): Value {
    if (!list) return readValue(value, type, wire)
    if (!Array.isArray(value)) throw awsError('SerializationException', `${wire} is not a list`)
    return value.map((each) => readValue(each, type, wire))
  }

  function need(fields: Fields, shape: string, given: ReadonlySet<string>): Fields {
    const lacking = (model.required[shape] ?? []).find((name) => fields[name] === undefined && !given.has(name))
    if (lacking !== undefined) throw refused('null', lacking, 'Member must not be null')
    return fields
  }

  function structure(value: unknown, shape: string, wire: string): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw awsError('SerializationException', `${wire} is not a structure`)
    const members = model.structures[shape] ?? []
    const fields: Record<string, Value> = {}
    for (const [name, inner] of Object.entries(value)) {
      const known = members.find((each) => each.place === 'body' && each.wire === name)
      // The services themselves pass over what they do not know, and so would a misspelt name be.
      if (known === undefined) throw notImplemented(`the member ${name} of ${shape}`)
      if (inner !== null) fields[known.name] = member(inner, known.type, known.list, known.wire)
    }
    return need(fields, shape, new Set())
  }

  return {
    named(request) {
      const target = request.headers['x-amz-target']
      if (typeof target === 'string') {
        const name = targets.get(target)
        return name === undefined ? undefined : { name, at: {} }
      }
      const route = routeOf(routes, request.method, request.path)
      return route && { name: route.name, at: route.at }
    },
    fields({ name, at }, request) {
      const shape = model.operations[name]?.[2] ?? ''
      const members = model.structures[shape] ?? []
      if (members.every(({ place }) => place === 'body')) return structure(bodyOf(request), shape, shape)
      const fields: Record<string, Value> = {}
      const given = new Set<string>()
      for (const { name: own, place, wire, type } of members) {
        const header = request.headers[wire.toLowerCase()]
        const text =
          place === 'uri' ? at[wire] : place === 'querystring' ? (request.query.get(wire) ?? undefined) : header
        if (place === 'payload') given.add(own)
        else if (typeof text === 'string') fields[own] = fromText(text, wire, model.scalars[type] ?? { type: 'string' })
      }
      return need(fields, shape, given)
    },
  }
}
