import { expect, test } from 'vitest'
import { diagnosticsIn } from './diagnostics.ts'

test('a mistake is told in one line, with its place', () => {
  const output =
    '1795248122,,ui,error,Error: Unsupported argument\\n\\n  on two/b.pkr.hcl line 6:\\n  (source code not available)\\n\\nAn argument named "nonsense" is not expected here.\\n\\n\n'
  expect(diagnosticsIn(output)).toEqual([
    {
      severity: 'error',
      message: 'Unsupported argument: An argument named "nonsense" is not expected here.',
      where: { file: 'two/b.pkr.hcl', line: 6 },
    },
  ])
})

test('several mistakes in one message are told one by one', () => {
  const output =
    '1795248956,,ui,error,Error: 2 error(s) occurred:\\n\\n* An ssh_username must be specified\\n  Note: some builders used to default ssh_username to "root".\\n* For security reasons%!(PACKER_COMMA) your source AMI filter must declare an owner.\\n\\n  on a.pkr.hcl line 4:\\n  (source code not available)\\n\\n'
  const where = { file: 'a.pkr.hcl', line: 4 }
  expect(diagnosticsIn(output)).toEqual([
    {
      severity: 'error',
      message: 'An ssh_username must be specified Note: some builders used to default ssh_username to "root".',
      where,
    },
    { severity: 'error', message: 'For security reasons, your source AMI filter must declare an owner.', where },
  ])
})

test('two diagnostics in one message are told apart, without the quoted source', () => {
  const output =
    '1795248957,,ui,error,Error: Invalid multi-line string\\n\\n  on a.pkr.hcl line 1:\\n   1: source "x\\n\\nQuoted strings may not be split.\\n\\nError: Invalid string literal\\n\\n  on a.pkr.hcl line 2:\\n   2: y\\n\\nThis item is not valid.\\n\\n'
  expect(diagnosticsIn(output).map(({ message, where }) => [message, where?.line])).toEqual([
    ['Invalid multi-line string: Quoted strings may not be split.', 1],
    ['Invalid string literal: This item is not valid.', 2],
  ])
})

test('a warning is not an error, and other output is neither', () => {
  const output =
    '1795248955,,ui,say,Warning: Undefined variable\\n\\nA "zzz" variable was set.\\n\n1795248956,,ui,say,The configuration is valid.\nplain text\n'
  expect(diagnosticsIn(output)).toEqual([
    { severity: 'warning', message: 'Undefined variable: A "zzz" variable was set.' },
  ])
})
