import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { SindriError } from '../core/error.ts'
import { failureJson, failureText } from './failure.ts'

// A pipe is no terminal: what a program reads, without colour.
const pipe = new PassThrough() as unknown as NodeJS.WriteStream

test('a failure says what failed, where, and what to do', () => {
  const error = new SindriError('config', 'aws.volume_size is not a whole number', {
    hint: 'write it as in 40',
    where: { file: 'sindri.yaml', line: 7, column: 3 },
  })
  expect(failureText(error, pipe)).toBe(
    'Error: sindri.yaml:7:3: aws.volume_size is not a whole number\n  hint: write it as in 40',
  )
})

test('several complaints are all told, each with its place and hint', () => {
  const error = new SindriError('config', 'sindri.yaml has 2 mistakes', {
    complaints: [
      { message: 'unknown key', hint: 'did you mean "cloud"?', where: { file: 'sindri.yaml', line: 2, column: 1 } },
      { message: 'no place', where: { file: 'sindri.yaml', line: 9 } },
    ],
  })
  expect(failureText(error, pipe).split('\n')).toEqual([
    'Error: sindri.yaml has 2 mistakes',
    '  sindri.yaml:2:1: unknown key',
    '    hint: did you mean "cloud"?',
    '  sindri.yaml:9: no place',
  ])
})

test('one complaint is not told twice', () => {
  const error = new SindriError('config', 'unknown key', { complaints: [{ message: 'unknown key' }] })
  expect(failureText(error, pipe)).toBe('Error: unknown key')
})

test('programs get the code, the hint, the place and the complaints', () => {
  const where = { file: 'sindri.yaml', line: 2, column: 1 }
  const complaints = [{ message: 'unknown key', where }]
  const error = new SindriError('config', 'unknown key', { hint: 'look', where, complaints })
  expect(JSON.parse(JSON.stringify(failureJson(error)))).toEqual({
    error: { code: 'config', message: 'unknown key', hint: 'look', where, complaints },
  })
})

test('anything else that is thrown is a failure with its message', () => {
  expect(failureText(new TypeError('x is not a function'), pipe)).toBe('Error: x is not a function')
  expect(failureText('text', pipe)).toBe('Error: text')
  expect(failureJson('text')).toEqual({ error: { code: 'failed', message: 'text' } })
})
