import builders from './builders.generated.json' with { type: 'json' }
import type { Block } from './hcl.ts'
import type { TemplateInput } from './template.ts'

interface Table {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly blocks: Readonly<Record<string, Table>>
}

/** The attributes and blocks of a source, by their path, that its builder does not have. */
export function strangersIn({ builder, attributes, blocks }: TemplateInput['source']): readonly string[] {
  // Cast: a test that names no builder of the table fails at once.
  const table = builders[builder as keyof typeof builders] as unknown as Table
  return strangers({ attributes, blocks }, table, builder)
}

function strangers(body: Pick<Block, 'attributes' | 'blocks'>, table: Table, path: string): readonly string[] {
  const written = Object.entries(body.attributes).filter(([, value]) => value !== undefined)
  return [
    ...written.filter(([name]) => table.attributes[name] === undefined).map(([name]) => `${path}.${name}`),
    ...body.blocks.flatMap((child) => {
      const inner = table.blocks[child.type]
      const at = `${path}.${child.type}`
      return inner === undefined ? [at] : strangers(child, inner, at)
    }),
  ]
}
