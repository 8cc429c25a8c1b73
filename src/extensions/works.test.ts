import { platform } from 'node:os'
import { expect, test } from 'vitest'
import type { Entry } from './catalogue.ts'
import { extensionWorks } from './works.ts'

function entry(validate: string): Entry {
  const definition = { name: 'app', version: '1.0.0', title: 'A', description: 'D', install: { apt: ['hello'] } }
  return {
    definition: { ...definition, distributions: ['debian-12'], architectures: ['x86_64'], validate },
    folder: import.meta.dirname,
    digest: '',
  }
}

const options = { environment: { PATH: '/usr/bin:/bin' }, signal: new AbortController().signal }

test.runIf(platform() !== 'win32')('a validate command is shell text that fails with any of its lines', async () => {
  expect(await extensionWorks(entry('echo one\necho two >&2'), options)).toEqual({ works: true, output: 'one\ntwo' })
  expect(await extensionWorks(entry('echo one\nfalse\necho two'), options)).toEqual({ works: false, output: 'one' })
  expect(await extensionWorks(entry('echo "$no_such_variable"'), options)).toMatchObject({ works: false })
})

test('it is run in the folder of the extension', async () => {
  expect(await extensionWorks(entry('test -f works.test.ts'), options)).toMatchObject({ works: true })
})
