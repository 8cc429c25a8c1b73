import { expect, test } from 'vitest'
import { releasedAt, releaseName } from './name.ts'

test('a name tells when its release was asked for, whatever the prefix', () => {
  const name = releaseName('sindri-2026', Date.parse('2026-01-31T20:00:00.900Z'))
  expect(name).toBe('sindri-2026-1769889600')
  expect(releasedAt(name)).toBe('2026-01-31T20:00:00.000Z')
})

test('a name without a time stamp is refused', () => {
  expect(() => releasedAt('sindri-dev')).toThrow('sindri-dev is not the name of a release')
})
