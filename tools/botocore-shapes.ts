/**
 * Writes src/rehearsal/aws/shapes.generated.json and models.generated.json: what the stand-in of AWS needs of AWS's own
 * models of EC2 and of the services that speak JSON, for the operations it knows.
 * Usage: node tools/botocore-shapes.ts <botocore>/data
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ebsOperations } from '../src/rehearsal/aws/ebs.ts'
import { operations } from '../src/rehearsal/aws/operations.ts'
import { serviceQuotaOperations } from '../src/rehearsal/aws/service-quotas.ts'
import { ssmOperations } from '../src/rehearsal/aws/ssm.ts'

interface ShapeRef {
  readonly shape: string
  readonly location?: string
  readonly locationName?: string
  readonly queryName?: string
}

interface Shape {
  readonly type: string
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, ShapeRef>>
  readonly member?: ShapeRef
  readonly payload?: string
  readonly min?: number
  readonly max?: number
  readonly pattern?: string
}

interface ModelOperation {
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number }
  readonly input?: ShapeRef
  readonly output?: ShapeRef
}

interface Model {
  readonly metadata: { readonly apiVersion: string; readonly protocol: string; readonly targetPrefix?: string }
  readonly operations: Readonly<Record<string, ModelOperation>>
  readonly shapes: Readonly<Record<string, Shape>>
}

type Structures = Record<string, Record<string, string>>

function readModel(data: string, service: string): Model {
  const file = join(data, service, 'service-2.json')
  const bytes = existsSync(file) ? readFileSync(file) : gunzipSync(readFileSync(`${file}.gz`))
  return JSON.parse(bytes.toString('utf8')) as Model
}

function shapeOf(model: Model, name: string): Shape {
  const shape = model.shapes[name]
  if (shape === undefined) throw new Error(`the model has no shape ${name}`)
  return shape
}

/** The name in a form: `queryName`, else the capitalised `locationName` (the rule of the ec2 protocol), else the member's. */
function nameInForm(member: string, ref: ShapeRef): string {
  if (ref.queryName !== undefined) return ref.queryName
  const name = ref.locationName ?? member
  return name.charAt(0).toUpperCase() + name.slice(1)
}

const primitives: Readonly<Record<string, string>> = { long: 'integer', float: 'double' }

function collect(model: Model, direction: 'input' | 'output', enums: Record<string, readonly string[]>): Structures {
  const structures: Structures = {}

  function typeOf(name: string): string {
    const shape = shapeOf(model, name)
    if (shape.type === 'list' && shape.member !== undefined) {
      const item = shape.member.locationName ?? 'member'
      return `[${direction === 'output' ? item : ''}]${typeOf(shape.member.shape)}`
    }
    if (shape.type === 'structure') {
      visit(name)
      return name
    }
    if (shape.enum !== undefined && direction === 'input') {
      enums[name] = shape.enum
      return name
    }
    return primitives[shape.type] ?? shape.type
  }

  function visit(name: string): void {
    if (structures[name] !== undefined) return
    const members: Record<string, string> = {}
    structures[name] = members
    for (const [member, ref] of Object.entries(shapeOf(model, name).members ?? {})) {
      const wire = direction === 'input' ? nameInForm(member, ref) : (ref.locationName ?? member)
      members[member] = `${wire} ${typeOf(ref.shape)}`
    }
  }

  for (const name of Object.keys(operations)) {
    const root = model.operations[name]?.[direction]?.shape
    if (root !== undefined) visit(root)
  }
  return structures
}

function generate(model: Model): string {
  const enums: Record<string, readonly string[]> = {}
  const input = collect(model, 'input', enums)
  const output = collect(model, 'output', enums)
  const required = Object.fromEntries(
    Object.keys(input).flatMap((name) => {
      const members = shapeOf(model, name).required ?? []
      return members.length === 0 ? [] : [[name, members]]
    }),
  )
  const roots = Object.fromEntries(
    Object.keys(operations).map((name) => {
      const operation = model.operations[name]
      if (operation === undefined) throw new Error(`the model has no operation ${name}`)
      return [name, [operation.input?.shape ?? '', operation.output?.shape ?? '']]
    }),
  )
  const parts = Object.entries({ operations: roots, required, enums, input, output }).map(([key, entries]) => {
    const lines = Object.entries(entries).map(
      ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
    )
    return `  ${JSON.stringify(key)}: {\n${lines.join(',\n')}\n  }`
  })
  return `{\n  "apiVersion": ${JSON.stringify(model.metadata.apiVersion)},\n${parts.join(',\n')}\n}\n`
}

/** A table with one entry per line. */
function lines(entries: Readonly<Record<string, unknown>>, indent: string): string {
  const all = Object.entries(entries).map(
    ([name, value]) => `${indent}  ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  )
  return `{\n${all.join(',\n')}\n${indent}}`
}

/** Of a service that speaks JSON: where each operation is, and where each member stands, with its limits. */
function jsonModel(model: Model, names: readonly string[]): string {
  const structures: Structures = {}
  const required: Record<string, readonly string[]> = {}
  const scalars: Record<string, Omit<Shape, 'members' | 'member' | 'required' | 'payload'>> = {}

  function typeOf(name: string): string {
    const shape = shapeOf(model, name)
    if (shape.type === 'list' && shape.member !== undefined) return `[]${typeOf(shape.member.shape)}`
    if (shape.type === 'structure') visit(name)
    else {
      const { type, min, max, pattern } = shape
      scalars[name] = { type: primitives[type] ?? type, min, max, pattern, enum: shape.enum }
    }
    return name
  }

  function visit(name: string): void {
    if (structures[name] !== undefined) return
    const shape = shapeOf(model, name)
    const members: Record<string, string> = {}
    structures[name] = members
    if (shape.required !== undefined && shape.required.length > 0) required[name] = shape.required
    for (const [member, ref] of Object.entries(shape.members ?? {})) {
      const place = shape.payload === member ? 'payload' : (ref.location ?? 'body')
      members[member] = `${place} ${ref.locationName ?? member} ${typeOf(ref.shape)}`
    }
  }

  const routes = names.map((name) => {
    const operation = model.operations[name]
    if (operation === undefined) throw new Error(`the model has no operation ${name}`)
    const { method, requestUri, responseCode = 200 } = operation.http
    const path = requestUri.replace(/\{(\w+)\}/g, ':$1')
    const target = model.metadata.protocol === 'json' ? `${model.metadata.targetPrefix}.${name}` : `${method} ${path}`
    const shapes = [operation.input?.shape ?? '', operation.output?.shape ?? '']
    for (const shape of shapes) if (shape !== '') visit(shape)
    return [name, [target, responseCode, ...shapes]]
  })
  const parts = Object.entries({ operations: Object.fromEntries(routes), required, scalars, structures })
  return `{\n${parts.map(([key, entries]) => `    ${JSON.stringify(key)}: ${lines(entries, '    ')}`).join(',\n')}\n  }`
}

const data = process.argv[2]
if (data === undefined) throw new Error('usage: node tools/botocore-shapes.ts <botocore>/data')
const folder = new URL('../src/rehearsal/aws/', import.meta.url)
writeFileSync(new URL('shapes.generated.json', folder), generate(readModel(data, 'ec2/2016-11-15')))
const speakJson = [
  ['ebs', 'ebs/2019-11-02', ebsOperations],
  ['servicequotas', 'service-quotas/2019-06-24', serviceQuotaOperations],
  ['ssm', 'ssm/2014-11-06', ssmOperations],
] as const
const models = speakJson.map(
  ([service, file, known]) => `  ${JSON.stringify(service)}: ${jsonModel(readModel(data, file), Object.keys(known))}`,
)
writeFileSync(new URL('models.generated.json', folder), `{\n${models.join(',\n')}\n}\n`)
