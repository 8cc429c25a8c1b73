import * as z from 'zod/mini'
import { defaults } from './defaults.ts'
import { configSchema } from './schema.ts'

/** The part of JSON Schema that the schema of sindri.yaml is made of. */
export interface JsonSchema {
  readonly type?: string
  readonly description?: string
  default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
}

/** The JSON Schema of sindri.yaml, with descriptions and defaults. */
export function jsonSchema(): JsonSchema {
  // Cast: the schema is made of nothing else; the docs test would fail on an unknown form.
  const schema = z.toJSONSchema(configSchema, { target: 'draft-7', io: 'input' }) as JsonSchema
  for (const [path, value] of Object.entries(defaults)) {
    const field = path.split('.').reduce<JsonSchema | undefined>((inner, key) => inner?.properties?.[key], schema)
    if (field === undefined) throw new Error(`the default of ${path} is of no field`)
    if (!isReference(value) && !isEmpty(value)) field.default = value
  }
  return schema
}

/** The text of schema/sindri.schema.json, which editors complete and check sindri.yaml with. */
export function generateJsonSchema(): string {
  return `${JSON.stringify({ title: 'sindri.yaml', ...jsonSchema() }, undefined, 2)}\n`
}

function isReference(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('${env:')
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
