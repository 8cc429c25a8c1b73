import * as z from 'zod/mini'
import { definitionSchema } from './definition.ts'

/** The text of schema/extension.schema.json, which editors complete and check an extension.yaml with. */
export function generateExtensionSchema(): string {
  const schema = z.toJSONSchema(definitionSchema, { target: 'draft-7', io: 'input' })
  return `${JSON.stringify({ title: 'extension.yaml', ...schema }, undefined, 2)}\n`
}
