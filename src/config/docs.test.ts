import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generateConfigurationPage } from './docs.ts'

test('docs/configuration.md is up to date', () => {
  expect(readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')).toBe(
    generateConfigurationPage(),
  )
})

test('the page shows the type, the default and the meaning of a field', () => {
  expect(generateConfigurationPage()).toContain(
    '| `volume_size` | 1 – 16384 | `80` | Size of the boot volume in GiB. |',
  )
})
