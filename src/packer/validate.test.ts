import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensurePlugins, validatePacker } from './validate.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sindri-validate-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** A shell script in the place of Packer, which writes down what it was given. */
async function install(script: string): Promise<{ path: string; folder: string; env: Record<string, string> }> {
  const path = join(folder, 'packer')
  await writeFile(path, `#!/bin/sh\nprintf '%s\\n' "$@" >given\n${script}\n`)
  await chmod(path, 0o755)
  return { path, folder, env: { PATH: '/usr/bin:/bin' } }
}

test('variables and files are given to Packer as they are', async () => {
  const packer = await install('echo "1,,ui,say,The configuration is valid."')
  const options = { varFiles: ['my file.pkrvars.hcl'], vars: { name: '$(id) "x"' }, syntaxOnly: true }
  expect(await validatePacker({ ...packer, ...options })).toEqual({ ok: true, diagnostics: [] })
  expect((await readFile(join(folder, 'given'), 'utf8')).trim().split('\n')).toEqual([
    '-machine-readable',
    'validate',
    '-syntax-only',
    '-var-file=my file.pkrvars.hcl',
    '-var',
    'name=$(id) "x"',
    '.',
  ])
})

test('a failure without diagnostics tells what Packer printed', async () => {
  const crashed = await install('echo "panic: out of memory" >&2; exit 2')
  expect(await validatePacker(crashed)).toEqual({
    ok: false,
    diagnostics: [{ severity: 'error', message: 'panic: out of memory' }],
  })
  const silent = await install('exit 2')
  expect((await validatePacker(silent)).diagnostics).toEqual([
    { severity: 'error', message: 'packer validate ended with exit code 2 and said nothing' },
  ])
})

test('plugins that cannot be installed are told with Packer’s reason', async () => {
  const packer = await install(
    'echo "1,,ui,error,Error: Failed getting the \\"github.com/hashicorp/amazon\\" plugin"; exit 1',
  )
  await expect(ensurePlugins(packer)).rejects.toMatchObject({
    code: 'prerequisite',
    message: expect.stringContaining('Failed getting the "github.com/hashicorp/amazon" plugin'),
  })
  await ensurePlugins(await install('exit 0'))
})

test('a program that cannot be run is named', async () => {
  await expect(validatePacker({ path: '/does/not/exist', folder, env: {} })).rejects.toThrow(
    'cannot run /does/not/exist',
  )
})
