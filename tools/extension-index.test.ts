import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { planExtensions } from '../src/actions/extensions.ts'
import { extensionIndex } from './extension-index.ts'

const root = join(import.meta.dirname, '..')

test('the index in src is that of extensions/ (node tools/generate.ts writes it)', () => {
  const written = JSON.parse(readFileSync(join(root, 'src/actions/extensions.generated.json'), 'utf8'))
  expect(written).toEqual(extensionIndex(join(root, 'extensions')))
})

test('every shipped extension can be planned and has scripts that can be run', () => {
  const all = Object.keys(extensionIndex(join(root, 'extensions')).extensions)
  expect(
    planExtensions('enterprise', all)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(all)
  for (const name of all) {
    for (const script of ['install.sh', 'verify.sh']) {
      const file = join(root, 'extensions', name, script)
      expect(statSync(file).mode & 0o111, `${file} is executable`).toBe(0o111)
    }
  }
})

test('a broken extension file is named with what is wrong in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'extensions-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'app'))
  writeFileSync(join(folder, 'profiles.yaml'), 'base:\n  description: D\n  extensions: [app]\n')
  writeFileSync(join(folder, 'app/extension.yaml'), 'name: app\nversion: 1\n')
  expect(() => extensionIndex(folder)).toThrow(/app\/extension\.yaml: .*version.*title/s)
})
