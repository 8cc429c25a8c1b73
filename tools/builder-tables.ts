/**
 * Makes src/packer/builders.generated.json: which attributes and blocks each Packer builder and provisioner has,
 * with their types, and which of them the last bundled release (1.6.6) does not know.
 *
 * usage: node tools/builder-tables.ts <folder>
 *
 * The folder holds one `<component>.json` per component, as printed from the plugins' HCL specs, and
 * `_unknown-in-1.6.6.json`, as found by running that release. The product needs none of these files.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface SpecBody {
  readonly attributes?: Readonly<Record<string, { readonly type: string }>>
  readonly blocks?: Readonly<Record<string, SpecBody & { readonly repeated?: boolean }>>
}

interface TableBody {
  readonly attributes: Record<string, string>
  readonly blocks: Record<string, TableBody>
  readonly repeated?: true
}

interface Unknown {
  readonly unknown_args?: readonly string[]
  readonly unknown_blocks?: readonly string[]
}

const folder = process.argv[2]
if (folder === undefined) {
  console.error('usage: node tools/builder-tables.ts <folder with one JSON file per Packer component>')
  process.exit(2)
}

const unknown = read<Readonly<Record<string, Unknown>>>('_unknown-in-1.6.6.json')
const tables: Record<string, TableBody & { unknownIn166: { attributes: string[]; blocks: string[] } }> = {}
for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.json') || file.startsWith('_') || file.startsWith('data-')) continue
  const component = file.slice(0, -'.json'.length)
  const missing = unknown[component]
  tables[component] = {
    ...body(read<SpecBody>(file)),
    unknownIn166: { attributes: [...(missing?.unknown_args ?? [])], blocks: [...(missing?.unknown_blocks ?? [])] },
  }
}
writeFileSync(new URL('../src/packer/builders.generated.json', import.meta.url), `${JSON.stringify(tables)}\n`)

function read<T>(file: string): T {
  return JSON.parse(readFileSync(join(folder ?? '', file), 'utf8'))
}

function body(spec: SpecBody): TableBody {
  const attributes = Object.entries(spec.attributes ?? {}).map(([name, { type }]) => [name, type])
  const blocks = Object.entries(spec.blocks ?? {}).map(([name, block]) => [
    name,
    block.repeated === true ? { ...body(block), repeated: true } : body(block),
  ])
  return { attributes: Object.fromEntries(attributes), blocks: Object.fromEntries(blocks) }
}
