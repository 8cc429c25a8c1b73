import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { arch, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type ExecutableOptions, sindriExecutable } from './executable.ts'

let options: ExecutableOptions

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'executable-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const bundle = join(folder, 'sindri.cjs')
  await writeFile(bundle, "console.log(process.argv.slice(2), require('node:sea').isSea())")
  const host = arch() === 'arm64' ? 'arm64' : 'x64'
  options = { bundle, node: process.execPath, nodeVersion: process.version, arch: host, cache: join(folder, 'cache') }
})

test.runIf(platform() === 'linux')('the executable runs the bundle without Node, and is made once', async () => {
  const told: string[] = []
  const tell = (message: string) => void told.push(message)
  const made = await sindriExecutable({ ...options, tell })
  const program = join(options.cache, 'program')
  await writeFile(program, gunzipSync(await readFile(made.file)))
  await chmod(program, 0o755)
  expect(execFileSync(program, ['vm', '--help'], { env: {}, encoding: 'utf8' })).toBe("[ 'vm', '--help' ] true\n")

  expect(await sindriExecutable({ ...options, tell })).toEqual(made)
  expect(told).toHaveLength(1)
  expect((await readdir(options.cache)).sort()).toEqual(['program', made.file.slice(options.cache.length + 1)])

  await expect(sindriExecutable({ ...options, node: program })).rejects.toMatchObject({
    code: 'prerequisite',
    message: expect.stringContaining('cannot prepare a single executable'),
  })
})

test('another architecture than this machine’s is refused with the way out', async () => {
  const other = options.arch === 'x64' ? 'arm64' : 'x64'
  await expect(sindriExecutable({ ...options, arch: other })).rejects.toMatchObject({
    code: 'unsupported',
    hint: expect.stringContaining('--sindri-version'),
  })
})

test.runIf(platform() === 'linux')('a bundle that was not built is named', async () => {
  const bundle = '/nowhere/sindri.cjs'
  await expect(sindriExecutable({ ...options, bundle })).rejects.toMatchObject({
    code: 'prerequisite',
    message: '/nowhere/sindri.cjs does not exist',
  })
})
