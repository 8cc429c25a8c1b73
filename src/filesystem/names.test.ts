import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesOf, nameOf, shown } from './names.ts'

test('UTF-8 is read as what it says, and other bytes are kept', () => {
  expect(nameOf(Buffer.from('Größe 🌍'))).toBe('Größe 🌍')
  expect(nameOf(Buffer.of(0x61, 0xff, 0x62))).toBe('a\udcffb')
  expect(bytesOf('a\udcffb')).toEqual(Buffer.of(0x61, 0xff, 0x62))
})

test('whatever bytes a name has come back, and two names never become one', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.uint8Array({ min: 0x78 }),
    fc.string().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(bytes, (name) => Buffer.from(name).equals(bytesOf(nameOf(name)))),
    { numRuns: 2000 },
  )
})

test('a name is shown on one line', () => {
  expect(shown('new\nline \udcff \\ \u001b[31m ü')).toBe('new\\nline \\xff \\\\ \\x1b[31m ü')
})
