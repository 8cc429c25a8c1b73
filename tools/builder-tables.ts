/**
 * Brings src/packer/builders.generated.json up to installed plugins: which attributes and blocks each Packer builder
 * and provisioner has, with their types, and which of them Packer 1.6.6, the last release with builders built in, does
 * not know. Components of plugins that are not given stay as they are; what changed is printed.
 *
 * usage: node tools/builder-tables.ts <plugin>... [--bundled <packer 1.6.6>]
 *
 * A plugin is a binary such as ~/.config/packer/plugins/github.com/hashicorp/amazon/packer-plugin-amazon_v1.8.1_x5.0_linux_amd64.
 * Its specs are read by the program in parts/packer/specs, which needs Go.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { argv, env } from 'node:process'
import { parseArgs } from 'node:util'
import { goCommand } from './go-toolchain.ts'
import { partsFolder } from './parts-folder.ts'
import { command } from './step.ts'

const root = join(import.meta.dirname, '..')
const file = join(root, 'src/packer/builders.generated.json')

/** What a component or a block of it takes: types by attribute, as HCL writes them, and blocks by name. */
export interface TableBody {
  readonly attributes: Readonly<Record<string, string>>
  readonly blocks: Readonly<Record<string, TableBody>>
  readonly repeated?: boolean
}

/** Names on every level. */
interface Names {
  readonly attributes: readonly string[]
  readonly blocks: readonly string[]
}

export interface Table extends TableBody {
  readonly unknownIn166: Names
}

/** The tables as they are in the repository, by component (`amazon-ebs`, `provisioner-ansible`). */
export function readTables(): Readonly<Record<string, Table>> {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** What the components of a plugin take, as its own specs say. */
export async function specsOf(plugin: string): Promise<Readonly<Record<string, TableBody>>> {
  const go = await goCommand(join(root, 'parts/go-toolchain.json'), partsFolder(env), env)
  const { state, output } = await command([go, 'run', '-trimpath', '-ldflags=-s -w', './specs', plugin], {
    // As tools/parts.ts builds Packer, whose packages are in Go's cache then.
    cwd: join(root, 'parts/packer'),
    env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local', GOWORK: 'off' },
  })
  if (state === 'failed') throw new Error(`the specs of ${plugin} cannot be read: ${output}`)
  const name = /packer-plugin-([a-z]+)/.exec(basename(plugin))?.[1] ?? ''
  const components = JSON.parse(output.slice(output.indexOf('{'))) as Record<string, TableBody> // the program's own
  return Object.fromEntries(
    Object.entries(components).map(([component, { attributes, blocks }]) => {
      // Packer tells these to every plugin; nobody writes them.
      const written = Object.entries(attributes).filter(([attribute]) => !attribute.startsWith('packer_'))
      const own = component.replace('-packer-default-plugin-name-', '')
      const title = own === '' ? name : /^(provisioner|post-processor)-/.test(own) ? own : `${name}-${own}`
      return [title, { attributes: Object.fromEntries(written), blocks }]
    }),
  )
}

/** What of a builder's table a Packer with builders built in refuses. It reads a template that sets everything. */
export async function unknownIn(packer: string, builder: string, table: TableBody): Promise<Names> {
  const folder = mkdtempSync(join(tmpdir(), 'builder-tables-'))
  try {
    const lines = [
      `source "${builder}" "all" {`,
      ...everything(table),
      '}',
      `build { sources = ["source.${builder}.all"] }`,
    ]
    const template = join(folder, 'all.pkr.hcl')
    writeFileSync(template, lines.join('\n'))
    const { output } = await command([packer, 'validate', template], { env: { ...env, CHECKPOINT_DISABLE: '1' } })
    const said = output.replace(/\s+/g, ' ')
    const names = (pattern: RegExp): string[] =>
      [...new Set([...said.matchAll(pattern)].map(([, name = '']) => name))].sort()
    return {
      attributes: names(/An argument named "(\w+)" is not expected here/g),
      blocks: names(/Blocks of type "(\w+)" are not expected here/g),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function everything({ attributes, blocks }: TableBody): readonly string[] {
  return [
    ...Object.keys(attributes).map((name) => `${name} = null`),
    ...Object.entries(blocks).flatMap(([name, block]) => [`${name} {`, ...everything(block), '}']),
  ]
}

function sorted(body: TableBody): TableBody {
  const byName = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    attributes: Object.fromEntries(byName(body.attributes)),
    blocks: Object.fromEntries(byName(body.blocks).map(([name, block]) => [name, sorted(block)])),
    ...(body.repeated === true && { repeated: true }),
  }
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    args: argv.slice(2),
    allowPositionals: true,
    options: { bundled: { type: 'string' } },
  })
  if (positionals.length === 0) throw new Error('usage: node tools/builder-tables.ts <plugin>... [--bundled <packer>]')
  const tables: Record<string, Table> = { ...readTables() }
  for (const plugin of positionals) {
    for (const [component, body] of Object.entries(await specsOf(plugin))) {
      const before = tables[component]
      if (before === undefined) continue
      const unknownIn166 = values.bundled ? await unknownIn(values.bundled, component, body) : before.unknownIn166
      tables[component] = { ...sorted(body), unknownIn166 }
      const [old, now] = [before.attributes, body.attributes].map((each) => Object.keys(each))
      console.log(
        `${component}: ${now?.length} attributes; new: ${now?.filter((name) => !old?.includes(name)).join(', ') || 'none'}; gone: ${old?.filter((name) => !now?.includes(name)).join(', ') || 'none'}`,
      )
    }
  }
  writeFileSync(file, `${JSON.stringify(tables)}\n`)
}

if (import.meta.main) await main()
