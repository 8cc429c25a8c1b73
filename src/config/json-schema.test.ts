import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generateJsonSchema, jsonSchema } from './json-schema.ts'

test('schema/sindri.schema.json is up to date', () => {
  expect(readFileSync(new URL('../../schema/sindri.schema.json', import.meta.url), 'utf8')).toBe(generateJsonSchema())
})

test('the schema describes every field, gives defaults, and allows no other key', () => {
  const aws = jsonSchema().properties?.providers?.properties?.packer?.properties?.aws
  expect(aws?.additionalProperties).toBe(false)
  expect(aws?.properties?.region).toMatchObject({ default: 'us-west-2', description: expect.any(String) })
})
