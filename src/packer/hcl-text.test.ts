import { parse } from '@cdktf/hcl2json'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { block, render, type Value } from './hcl.ts'
import { quoted } from './hcl-text.ts'

/** HCL keeps text in Unicode's composed form. */
const hostileText = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(
        '$',
        '${',
        '$${',
        '%{',
        '%%{',
        '{',
        '%',
        '}',
        '\\',
        '"',
        '\n',
        '\r',
        '\t',
        '\0',
        'n',
        'u',
        '~',
        '\u200b',
        '\u0301',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  })
  .map((text) => text.normalize('NFC'))
  .filter((text) => !text.includes('{{'))

const { value: hostileValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    hostileText,
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(hostileText, tie('value'), { maxKeys: 3 }),
  ),
}))

/** The parser gives literal text back with its introducers still escaped. */
function unescaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$${', '${').replaceAll('%%{', '%{')
  if (Array.isArray(value)) return value.map(unescaped)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([key, item]) => [unescaped(key), unescaped(item)]))
}

function asMaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMaps)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([key, item]) => [key, asMaps(item)]))
}

test('whatever is written is read back the same by HashiCorp’s parser', async () => {
  await fc.assert(
    fc.asyncProperty(hostileValue, async (value) => {
      const text = render([block('x', [], { a: value })])
      const read = await parse('x.hcl', text)
      expect(unescaped(read.x[0].a)).toEqual(asMaps(value))
    }),
    { numRuns: 300 },
  )
})

test('a string is one line of visible characters', () => {
  expect(quoted('tab\t nul\0 esc\x1b bidi\u202e tag\u{e0041} é 漢字 🎉')).toBe(
    '"tab\\t nul\\u0000 esc\\u001b bidi\\u202e tag\\U000e0041 é 漢字 🎉"',
  )
})

test('half of a surrogate pair is refused', () => {
  expect(() => quoted('\ud800')).toThrow('"\\ud800" is not valid Unicode')
})
