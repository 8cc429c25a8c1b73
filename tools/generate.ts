/**
 * Writes the generated files: both schemas of schema/, docs/configuration.md, the catalogue in docs/extensions.md,
 * src/actions/extensions.generated.json.
 *
 * usage: node tools/generate.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { generateConfigurationPage } from '../src/config/docs.ts'
import { generateJsonSchema } from '../src/config/json-schema.ts'
import { readCatalogue } from '../src/extensions/catalogue.ts'
import { catalogueIndex } from '../src/extensions/catalogue-index.ts'
import { generateExtensionSchema } from '../src/extensions/json-schema.ts'
import { withCatalogueTables } from './catalogue-tables.ts'

const root = new URL('..', import.meta.url)
const catalogue = readCatalogue(new URL('extensions', root).pathname)
write('schema/sindri.schema.json', generateJsonSchema())
write('schema/extension.schema.json', generateExtensionSchema())
write('docs/configuration.md', generateConfigurationPage())
write('docs/extensions.md', withCatalogueTables(readFileSync(new URL('docs/extensions.md', root), 'utf8'), catalogue))
write('src/actions/extensions.generated.json', `${JSON.stringify(catalogueIndex(catalogue), undefined, 2)}\n`)

function write(path: string, text: string): void {
  writeFileSync(new URL(path, root), text)
}
