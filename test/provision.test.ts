import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const script = join(import.meta.dirname, '../provision/20-uploads.sh')

/** Stages uploads (by number, then path) and installs them; `{}` in a destination is a folder of the test's own. */
function install(
  uploads: readonly { readonly files: Readonly<Record<string, string>>; readonly destination: string }[],
) {
  const folder = mkdtempSync(join(tmpdir(), "uploads it's $HOME "))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const env: Record<string, string> = { PATH: '/usr/bin:/bin', SINDRI_STAGING: join(folder, 'staging') }
  env.SINDRI_UPLOADS = String(uploads.length)
  uploads.forEach(({ files, destination }, number) => {
    const staged = join(folder, 'staging/uploads', String(number))
    mkdirSync(staged, { recursive: true, mode: 0o700 })
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(staged, path)), { recursive: true })
      writeFileSync(join(staged, path), text)
      chmodSync(join(staged, path), 0o640)
    }
    env[`SINDRI_UPLOAD_${number}`] = destination.replace('{}', join(folder, 'image'))
  })
  const run = () => spawnSync('/bin/sh', [script], { env, encoding: 'utf8' })
  const { status, stderr } = run()
  return { status, stderr, run, at: (path: string) => join(folder, 'image', path) }
}

test.runIf(platform() === 'linux')('a file takes the name of its destination and keeps its mode', () => {
  const { status, at } = install([{ files: { 'my app.conf': 'a' }, destination: '{}/etc/app/app.conf' }])
  expect(status).toBe(0)
  expect(readFileSync(at('etc/app/app.conf'), 'utf8')).toBe('a')
  expect(statSync(at('etc/app/app.conf')).mode & 0o777).toBe(0o640)
})

test.runIf(platform() === 'linux')('a destination ending in / takes everything uploaded and keeps its own mode', () => {
  const { status, at } = install([{ files: { 'a.pem': 'a', '.b': 'b', 'c d/e\nf': 'e' }, destination: '{}/certs/' }])
  expect(status).toBe(0)
  expect(['a.pem', '.b', 'c d/e\nf'].map((path) => readFileSync(at(`certs/${path}`), 'utf8'))).toEqual(['a', 'b', 'e'])
  expect(statSync(at('certs')).mode & 0o777).toBe(0o755)
})

test.runIf(platform() === 'linux')('installing twice ends the same, also for an uploaded folder', () => {
  const { status, run, at } = install([{ files: { 'certs/a.pem': 'a' }, destination: '{}/etc/app' }])
  expect([status, run().status]).toEqual([0, 0])
  expect(execFileSync('find', [at('etc'), '-type', 'f'], { encoding: 'utf8' })).toBe(`${at('etc/app/a.pem')}\n`)
})

test.runIf(platform() === 'linux')(
  'a destination that is a folder, without the / that says so, is refused by name',
  () => {
    const { status, stderr } = install([
      { files: { 'a.pem': 'a' }, destination: '{}/certs/' },
      { files: { 'b.pem': 'b' }, destination: '{}/certs' },
    ])
    expect(status).toBe(1)
    expect(stderr).toMatch(/image\/certs is a folder; end the destination with \//)
  },
)

test.runIf(platform() === 'linux')(
  'several files under one name, a relative destination and an empty upload are refused',
  () => {
    expect(install([{ files: { a: '', b: '' }, destination: '{}/c' }]).stderr).toMatch(/more than one file/)
    expect(install([{ files: { a: '' }, destination: 'etc/c' }]).stderr).toMatch(
      /etc\/c: a destination is an absolute path/,
    )
    expect(install([{ files: {}, destination: '{}/c' }]).stderr).toMatch(/nothing was uploaded/)
  },
)
