/**
 * Writes the files made from the configuration's schema: schema/sindri.schema.json and docs/configuration.md.
 *
 * usage: node tools/generate.ts
 */
import { writeFileSync } from 'node:fs'
import { generateConfigurationPage } from '../src/config/docs.ts'
import { generateJsonSchema } from '../src/config/json-schema.ts'

writeFileSync(new URL('../schema/sindri.schema.json', import.meta.url), generateJsonSchema())
writeFileSync(new URL('../docs/configuration.md', import.meta.url), generateConfigurationPage())
