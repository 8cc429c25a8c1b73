import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandTree, withCommandReference } from './command-reference.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/commands.md'), 'utf8')

test('docs/commands.md says what --help says (else: node tools/generate.ts)', () => {
  expect(withCommandReference(page, commandTree())).toBe(page)
})

test('every command that does something has a section with its options, and no hidden one has', () => {
  const sections = new Map(page.split(/^## /m).map((section) => [/^`(.*)`\n/.exec(section)?.[1] ?? '', section]))
  expect([...sections.keys()]).toEqual(
    expect.arrayContaining(['sindri vm delete <image-id>', 'sindri extension install <names...>', 'sindri try']),
  )
  expect(sections.get('sindri vm deploy [image-id]')).toContain('| `--ssh-source-range <range>` | Address range')
  expect(page).not.toContain('rehearsal serve')
  expect(page.match(/`--rehearse`/g)).toHaveLength(1)
})
