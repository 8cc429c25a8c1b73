import { expect, test } from 'vitest'
import { SindriError } from '../core/error.ts'
import { outcomesExitCode, outcomesJson, outcomesText } from './outcomes.ts'

const done = { cloud: 'aws', result: 'ami-1' } as const
const refused = { cloud: 'gcp', error: new SindriError('credentials', 'no key', { hint: 'make one' }) } as const
const broken = { cloud: 'oci', error: new Error('reset') } as const

test.each([
  ['all done', [done], 0],
  ['a part done', [done, refused], 4],
  ['nothing done, for one reason', [refused, refused], 3],
  ['nothing done, for different reasons', [refused, broken], 1],
  ['cancelled', [done, { cloud: 'oci', error: new SindriError('cancelled', 'cancelled') } as const], 130],
])('%s has its exit code', (_what, outcomes, code) => {
  expect(outcomesExitCode(outcomes, () => true)).toBe(code)
})

test('what was done in part only is not all done', () => {
  expect(outcomesExitCode([done], () => false)).toBe(4)
})

test('one document tells what was done and what failed in which cloud', () => {
  expect(outcomesJson('builds', [done, refused], (id) => ({ id }))).toEqual({
    builds: { aws: { id: 'ami-1' } },
    failed: [{ cloud: 'gcp', error: { code: 'credentials', message: 'no key', hint: 'make one' } }],
  })
  expect(outcomesText([done, refused], (id) => `Image ID: ${id}`)).toBe(
    'aws\nImage ID: ami-1\n\ngcp\nError: no key\n  hint: make one',
  )
})
