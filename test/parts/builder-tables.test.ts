import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readTables, specsOf, type TableBody, unknownIn } from '../../tools/builder-tables.ts'
import { partsFolder } from '../../tools/parts-folder.ts'

/** By plugin: its builder, and what the tables know of a later release than the one that can be built here. */
const later: Readonly<Record<string, readonly [builder: string, ...names: string[]]>> = {
  alicloud: ['alicloud-ecs', 'kms_key_copy_ids', 'kms_key_id'],
  amazon: ['amazon-ebs'],
  googlecompute: ['googlecompute', 'reservation_affinity', 'resource_manager_tags'],
  oracle: ['oracle-oci'],
}

const bundled = '/usr/bin/packer'
const minutes = 60_000

/** `path type` of all that can be written. */
function flat({ attributes, blocks, repeated }: TableBody, path = ''): readonly string[] {
  return [
    ...Object.entries(attributes).map(([name, type]) => `${path}${name} ${type}`),
    ...Object.entries(blocks).flatMap(([name, block]) => flat(block, `${path}${name}.`)),
    ...(repeated === true ? [`${path} repeated`] : []),
  ].sort()
}

describe.each(Object.entries(later))('the table of %s', (plugin, [builder, ...names]) => {
  const path = join(partsFolder(process.env), `packer-plugin-${plugin}`)
  const table = readTables()[builder]

  test.skipIf(!existsSync(path) && process.env.CI !== 'true')(
    'is what the installed plugin takes',
    async () => {
      const spec = (await specsOf(path))[builder]
      if (spec === undefined || table === undefined) throw new Error(`${builder} is missing`)
      const known = flat(table).filter((line) => !names.some((name) => line.startsWith(name)))
      expect(flat(spec)).toEqual(known)
    },
    10 * minutes,
  )
})

test
  .skipIf(!existsSync(bundled) && process.env.CI !== 'true')
  .each(['alicloud-ecs', 'amazon-ebs', 'azure-arm', 'googlecompute', 'oracle-oci'])(
  'the table of %s says what Packer 1.6.6 does not know',
  async (builder) => {
    const table = readTables()[builder]
    if (table === undefined) throw new Error(`${builder} is missing`)
    const { attributes, blocks } = await unknownIn(bundled, builder, table)
    const said = {
      attributes: [...table.unknownIn166.attributes].sort(),
      blocks: [...table.unknownIn166.blocks].sort(),
    }
    expect({ attributes, blocks }).toEqual(said)
  },
)
