import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sindri-startup-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs a program of src/ in an empty folder and returns what it loaded. */
function modulesLoadedBy(program: string, ...words: readonly string[]): readonly string[] {
  const list = join(folder, 'modules')
  const recorder = join(import.meta.dirname, 'loaded-modules.fixture.mjs')
  const env = { PATH: process.env.PATH, HOME: folder, LOADED_MODULES: list }
  const { status, stderr } = spawnSync(process.execPath, ['--import', recorder, join(root, 'src', program), ...words], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  // Exit 3 is a missing Packer, which this tier does without.
  expect([0, 3], stderr).toContain(status)
  const modules = readFileSync(list, 'utf8').split('\n')
  expect(modules).toContainEqual(expect.stringContaining(`src/${program}`))
  return modules
}

const sdk = expect.stringMatching(/node_modules\/(@(aws-sdk|smithy|aws)|google-auth-library)\//)

test.each(['aws', 'gcp'])('the way of finding out sees the SDK of %s', (cloud) => {
  expect(modulesLoadedBy(`clouds/${cloud}/api.ts`)).toContainEqual(sdk)
})

test.each(
  [
    ['--help'],
    ['--version'],
    ['vm', '--help'],
    ['vm', 'build', '--help'],
    ['vm', 'init', '--cloud', 'aws'],
    ['vm', 'build', '--cloud', 'aws', '--dry-run'],
    ['vm', 'validate', '--cloud', 'aws'],
    ['vm', 'build', '--cloud', 'gcp', '--dry-run'],
  ].map((words) => ({ words, line: words.join(' ') })),
)('sindri $line loads no SDK', ({ words }) => {
  expect(modulesLoadedBy('cli.ts', ...words)).not.toContainEqual(sdk)
})

test('help and version load neither zod nor yaml', () => {
  for (const words of [['--help'], ['--version'], ['extension', 'install', '--help']]) {
    expect(modulesLoadedBy('cli.ts', ...words)).not.toContainEqual(expect.stringMatching(/node_modules\/(zod|yaml)\//))
  }
})
