/**
 * Writes the generated files: schema/sindri.schema.json, docs/configuration.md, src/actions/extensions.generated.json.
 *
 * usage: node tools/generate.ts
 */
import { writeFileSync } from 'node:fs'
import { generateConfigurationPage } from '../src/config/docs.ts'
import { generateJsonSchema } from '../src/config/json-schema.ts'
import { extensionIndex } from './extension-index.ts'

writeFileSync(new URL('../schema/sindri.schema.json', import.meta.url), generateJsonSchema())
writeFileSync(new URL('../docs/configuration.md', import.meta.url), generateConfigurationPage())
writeFileSync(
  new URL('../src/actions/extensions.generated.json', import.meta.url),
  `${JSON.stringify(extensionIndex(new URL('../extensions', import.meta.url).pathname), undefined, 2)}\n`,
)
