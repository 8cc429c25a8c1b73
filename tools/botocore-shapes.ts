/**
 * Writes src/rehearsal/aws/shapes.generated.json: what the stand-in of EC2 needs of AWS's own model, for the
 * operations it knows. Usage: node tools/botocore-shapes.ts <botocore>/data/ec2/2016-11-15/service-2.json[.gz]
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { operations } from '../src/rehearsal/aws/operations.ts'

interface ShapeRef {
  readonly shape: string
  readonly locationName?: string
  readonly queryName?: string
}

interface Shape {
  readonly type: string
  readonly enum?: readonly string[]
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, ShapeRef>>
  readonly member?: ShapeRef
}

interface Model {
  readonly metadata: { readonly apiVersion: string }
  readonly operations: Readonly<Record<string, { readonly input?: ShapeRef; readonly output?: ShapeRef }>>
  readonly shapes: Readonly<Record<string, Shape>>
}

type Structures = Record<string, Record<string, string>>

function readModel(file: string): Model {
  const bytes = readFileSync(file)
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as Model
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

const file = process.argv[2]
if (file === undefined) throw new Error('usage: node tools/botocore-shapes.ts <service-2.json[.gz]>')
writeFileSync(new URL('../src/rehearsal/aws/shapes.generated.json', import.meta.url), generate(readModel(file)))
