import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { orderExtensions, planExtensions } from '../src/actions/extensions.ts'
import { readCatalogue } from '../src/extensions/catalogue.ts'
import { catalogueIndex } from '../src/extensions/catalogue-index.ts'
import { generateExtensionSchema } from '../src/extensions/json-schema.ts'
import { withCatalogueTables } from './catalogue-tables.ts'

const root = join(import.meta.dirname, '..')
const catalogue = readCatalogue(join(root, 'extensions'))
const index = catalogueIndex(catalogue)
const read = (path: string) => readFileSync(join(root, path), 'utf8')

test('what is generated from extensions/ is up to date (node tools/generate.ts writes it)', () => {
  expect(JSON.parse(read('src/actions/extensions.generated.json'))).toEqual(index)
  expect(read('schema/extension.schema.json')).toBe(generateExtensionSchema())
  expect(read('docs/extensions.md')).toBe(withCatalogueTables(read('docs/extensions.md'), catalogue))
})

test('every shipped extension and profile can be planned, and every script can be run', () => {
  const all = [...catalogue.entries.keys()]
  expect(
    orderExtensions(all, index)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(all)
  for (const profile of catalogue.profiles.keys()) planExtensions(profile, [], index)
  for (const [name, { definition, folder }] of catalogue.entries) {
    const { script } = definition.install
    if (script !== undefined) expect(statSync(join(folder, script)).mode & 0o111, name).toBe(0o111)
  }
})

test('what images are commonly built with is there', () => {
  const wanted = ['docker', 'kubernetes', 'python', 'node', 'go', 'rust', 'java', 'mise', 'terraform', 'opentofu']
  const more = ['aws-cli', 'azure-cli', 'gcloud-cli', 'github-cli', 'monitoring']
  expect([...catalogue.entries.keys()]).toEqual(expect.arrayContaining([...wanted, ...more]))
  expect([...catalogue.profiles.keys()]).toEqual(['minimal', 'base', 'fullstack', 'enterprise', 'devops'])
})

test('nothing is downloaded without a checksum: no script fetches anything itself, but by pip with hashes', () => {
  for (const { definition, folder } of catalogue.entries.values()) {
    const { script } = definition.install
    const text = script === undefined ? '' : readFileSync(join(folder, script), 'utf8').replace(/^#.*$/gm, '')
    expect(text, definition.name).not.toMatch(/(^|[\s;&|])(curl|wget|git clone|npm|npx|snap|add-apt-repository) /m)
    if (/\bpip install\b/.test(text)) {
      expect(text).toContain('--require-hashes')
      const pinned = readFileSync(join(folder, 'requirements.txt'), 'utf8').split(/\n(?=\S)/)
      for (const one of pinned) expect(one).toMatch(/^\S+==\S+ [\s\S]*--hash=sha256:[0-9a-f]{64}/)
    }
  }
})
