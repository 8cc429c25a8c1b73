import builders from './builders.generated.json' with { type: 'json' }
import { type Block, block, type Value } from './hcl.ts'

interface BlockTable {
  readonly blocks?: Readonly<Record<string, BlockTable>>
}

/** Attributes and blocks that a user adds to a builder, told apart by the builder's own table. Checked before by `config`. */
export function extraParts(
  builder: keyof typeof builders,
  extra: Readonly<Record<string, unknown>>,
): { readonly attributes: Readonly<Record<string, Value>>; readonly blocks: readonly Block[] } {
  const table: BlockTable = builders[builder]
  // The config room has checked every name and type against this same table.
  const values = extra as Readonly<Record<string, Value>>
  const isBlock = (name: string): boolean => table.blocks?.[name] !== undefined
  return {
    attributes: Object.fromEntries(Object.entries(values).filter(([name]) => !isBlock(name))),
    blocks: Object.entries(values)
      .filter(([name]) => isBlock(name))
      .flatMap(([name, value]) => blocksOf(name, value, table.blocks?.[name] ?? {})),
  }
}

function blocksOf(name: string, value: Value, table: BlockTable): readonly Block[] {
  const each: readonly Value[] = Array.isArray(value) ? value : [value]
  return each.map((one) => {
    const members = Object.entries(one as Readonly<Record<string, Value>>)
    const nested = members.filter(([key]) => table.blocks?.[key] !== undefined)
    const attributes = Object.fromEntries(members.filter(([key]) => table.blocks?.[key] === undefined))
    return block(
      name,
      [],
      attributes,
      nested.flatMap(([key, inner]) => blocksOf(key, inner, table.blocks?.[key] ?? {})),
    )
  })
}
