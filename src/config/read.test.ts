import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from './read.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sindri-config-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('sindri.yaml of the folder is read when no file is named', async () => {
  writeFileSync(join(folder, 'sindri.yaml'), 'name: here')
  expect(await readConfig(undefined, folder)).toEqual({ name: 'here' })
})

test('without a file the configuration is empty, but a named file has to be there', async () => {
  expect(await readConfig(undefined, folder)).toEqual({})
  await expect(readConfig('other.yaml', folder)).rejects.toMatchObject({
    code: 'config',
    message: 'cannot read other.yaml: there is no such file',
    hint: 'check the path given with --config',
  })
})

test('mistakes name the file as it was given', async () => {
  writeFileSync(join(folder, 'other.yaml'), 'nam: x')
  await expect(readConfig('other.yaml', folder)).rejects.toMatchObject({
    message: 'nam is not a setting',
    hint: 'did you mean "name"?',
    where: { file: 'other.yaml', line: 1, column: 1 },
  })
})

test('a folder, and text that is not UTF-8, are refused', async () => {
  await expect(readConfig('.', folder)).rejects.toMatchObject({ code: 'config' })
  writeFileSync(join(folder, 'sindri.yaml'), Buffer.from([0x6e, 0xff]))
  await expect(readConfig(undefined, folder)).rejects.toMatchObject({ hint: expect.stringContaining('UTF-8') })
})
