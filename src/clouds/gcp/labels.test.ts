import { expect, test } from 'vitest'
import { resourceName } from './labels.ts'

test('a name that Google takes stays as it is', () => {
  expect(resourceName('golden-7-20261121-debian12')).toBe('golden-7-20261121-debian12')
})

test('any other becomes one, and different names stay different', () => {
  const names = [
    'golden-1.4.2-20261121-debian12',
    'golden-1.4-2-20261121-debian12',
    'Golden-1.4.2-20261121-debian12',
    'golden_1.4.2-20261121-debian12',
    '7-1.4.2',
    `${'a'.repeat(40)}-${'1'.repeat(40)}-20261121-${'b'.repeat(40)}`,
    `${'a'.repeat(40)}-${'1'.repeat(40)}-20261121-${'b'.repeat(39)}c`,
  ]
  const made = names.map(resourceName)
  for (const name of made) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/)
  expect(new Set(made).size).toBe(names.length)
  expect(made[0]).toMatch(/^golden-1-4-2-20261121-debian12-[0-9a-f]{8}$/)
})
