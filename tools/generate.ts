/**
 * Writes the generated files: the schemas of schema/, docs/configuration.md, the commands in docs/commands.md, the
 * catalogue in docs/extensions.md, the tables in docs/guide.md, src/actions/extensions.generated.json.
 *
 * usage: node tools/generate.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { generateConfigurationPage } from '../src/config/docs.ts'
import { generateJsonSchema } from '../src/config/json-schema.ts'
import { readCatalogue } from '../src/extensions/catalogue.ts'
import { catalogueIndex } from '../src/extensions/catalogue-index.ts'
import { generateExtensionSchema } from '../src/extensions/json-schema.ts'
import { generateManifestSchema } from '../src/release/manifest.ts'
import prices from '../src/release/prices.json' with { type: 'json' }
import { withCatalogueTables } from './catalogue-tables.ts'
import { commandTree, withCommandReference } from './command-reference.ts'
import { withGuideTables } from './guide-tables.ts'

const root = new URL('..', import.meta.url)
const catalogue = readCatalogue(new URL('extensions', root).pathname)
write('schema/sindri.schema.json', generateJsonSchema())
write('schema/extension.schema.json', generateExtensionSchema())
write('schema/manifest.schema.json', generateManifestSchema())
write('docs/configuration.md', generateConfigurationPage())
write('docs/extensions.md', withCatalogueTables(readFileSync(new URL('docs/extensions.md', root), 'utf8'), catalogue))
write('docs/commands.md', withCommandReference(readFileSync(new URL('docs/commands.md', root), 'utf8'), commandTree()))
write('docs/guide.md', await withGuideTables(readFileSync(new URL('docs/guide.md', root), 'utf8'), prices))
write('src/actions/extensions.generated.json', `${JSON.stringify(catalogueIndex(catalogue), undefined, 2)}\n`)

function write(path: string, text: string): void {
  writeFileSync(new URL(path, root), text)
}
