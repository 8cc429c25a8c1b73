import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { canMakeRoot, type DebianRoot, imageExecutable, makeDebianRoot, type Ran } from './debian-root.ts'

const repository = join(import.meta.dirname, '../..')
const title = 'the scripts that run inside an image (needs root and mmdebstrap)'

let root: DebianRoot

/** Runs a provision script as Packer does. */
async function run(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  await cp(join(repository, 'provision', script), join(root.path, 'tmp/script_1234.sh'))
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  return root.run(['sudo', '-n', 'env', ...variables, '/tmp/script_1234.sh'])
}

async function stage(): Promise<void> {
  expect(await run('00-staging.sh', { SINDRI_UPLOADS: '1' })).toMatchObject({ code: 0 })
  await cp(join(repository, 'extensions'), join(root.path, 'var/tmp/sindri/extensions'), { recursive: true })
  await root.put('var/tmp/sindri/sindri.gz', executable)
  await root.put('var/tmp/sindri/uploads/0/app.conf', 'setting')
}

/** The Sindri of this clone, as images get it. */
let executable: Buffer
let install: { readonly SINDRI_VERSION: string; readonly SINDRI_ARCHIVE: string; readonly SINDRI_SHA256: string }

const leaks: Readonly<Record<string, string>> = {
  'root/.bash_history': 'shell history',
  'home/admin/.python_history': 'shell history',
  'home/admin/.aws/credentials': 'credentials',
  'root/.npmrc': 'credentials',
  'home/admin/.env': 'credentials',
  'home/admin/.ssh/id_ed25519': 'credentials',
  'home/admin/.ssh/authorized_keys': 'a key that could log in to every instance',
  'root/.ssh/authorized_keys2': 'a key that could log in to every instance',
  'etc/machine-id': 'all instances would share it',
  'var/lib/systemd/random-seed': 'all instances would share it',
  'var/lib/cloud/data/instance-id': "cloud-init's memory of the build instance",
  'var/crash/core.12': 'memory of a crashed program',
  core: 'memory of a crashed program',
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

describe.skipIf(!canMakeRoot && process.env.CI !== 'true')(title, { timeout: 300_000 }, () => {
  beforeAll(async () => {
    root = await makeDebianRoot(['sudo', 'openssh-server', 'cloud-init', 'dbus', 'systemd-sysv', 'cron'])
    execFileSync('chroot', [root.path, 'useradd', '-m', 'admin'])
    executable = await readFile((await imageExecutable()).file)
    const archive = '/var/tmp/sindri/sindri.gz'
    install = { SINDRI_VERSION: manifest.version, SINDRI_ARCHIVE: archive, SINDRI_SHA256: sha256Of(executable) }
  }, 300_000)

  afterAll(() => root.remove())

  test('one after the other they succeed, and do so again', async () => {
    for (const _ of ['first', 'second']) {
      await stage()
      expect(await run('10-init.sh', { SINDRI_PACKAGES: 'less' })).toMatchObject({ code: 0 })
      const uploads = { SINDRI_UPLOADS: '1', SINDRI_UPLOAD_0: "/etc/it's/app.conf" }
      expect(await run('20-uploads.sh', uploads)).toMatchObject({ code: 0 })
      const extensions = { SINDRI_PROFILE: 'base', SINDRI_EXTENSIONS: 'git,docker' }
      expect(await run('30-sindri.sh', { ...install, ...extensions })).toMatchObject({ code: 0 })
      expect(await run('40-harden.sh', { SINDRI_CIS_HARDENING: 'true' })).toMatchObject({ code: 0 })
      expect(await run('45-openscap.sh')).toMatchObject({ code: 0 })
      expect(await run('90-cleanup.sh')).toMatchObject({ code: 0 })
      expect(await run('99-verify.sh')).toMatchObject({ code: 0 })
    }
    expect(JSON.parse(await readFile(join(root.path, 'etc/sindri/image.json'), 'utf8'))).toMatchObject({
      sindri: manifest.version,
      profile: 'base',
      extensions: ['git', 'docker'],
    })
    expect(await readFile(join(root.path, "etc/it's/app.conf"), 'utf8')).toBe('setting')
    expect(await readFile(join(root.path, 'etc/sysctl.d/60-sindri.conf'), 'utf8')).not.toContain('ip_forward')
    expect(await readdir(join(root.path, 'usr/sbin'))).not.toContain('policy-rc.d')
  })

  test('what must not be captured is named, then removed', async () => {
    await stage()
    for (const path of Object.keys(leaks)) await root.put(path, 'leak\n')
    execFileSync('chroot', [root.path, 'ssh-keygen', '-A'])

    const before = await run('99-verify.sh')
    expect(before.code).toBe(1)
    for (const [path, why] of Object.entries(leaks)) expect(before.output).toContain(`not clean: /${path} (${why})`)
    expect(before.output).toContain('not clean: /etc/ssh/ssh_host_ed25519_key (SSH host key')
    expect(before.output).toContain('not clean: /var/tmp/sindri')

    expect(await run('90-cleanup.sh')).toMatchObject({ code: 0 })
    const after = await run('99-verify.sh')
    expect(after).toMatchObject({ code: 0, output: expect.stringContaining('the image is clean') })
    expect(await readdir(join(root.path, 'var/tmp'))).toEqual([])
    expect((await readdir(join(root.path, 'etc/ssh'))).filter((name) => name.startsWith('ssh_host'))).toEqual([])
  })

  test('keys and data stay when the config says so', async () => {
    await root.put('root/.ssh/authorized_keys', 'key')
    await root.put('root/.bash_history', 'history')
    const keep = { SINDRI_CLEAN_SENSITIVE_DATA: 'false', SINDRI_REMOVE_SSH_KEYS: 'false' }
    expect(await run('90-cleanup.sh', keep)).toMatchObject({ code: 0 })
    expect(await run('99-verify.sh', keep)).toMatchObject({ code: 0 })
    expect(await readFile(join(root.path, 'root/.ssh/authorized_keys'), 'utf8')).toBe('key')
    expect(await readFile(join(root.path, 'root/.bash_history'), 'utf8')).toBe('history')
  })

  test('an image whose cloud-init is off makes its host keys by a unit of its own', async () => {
    await root.put('etc/cloud/cloud-init.disabled', '')
    onTestFinished(() => rm(join(root.path, 'etc/cloud/cloud-init.disabled')))
    expect(await run('90-cleanup.sh')).toMatchObject({ code: 0 })
    expect(await readdir(join(root.path, 'etc/systemd/system/multi-user.target.wants'))).toContain(
      'sindri-ssh-keys.service',
    )
  })

  test('a failing extension fails the build by name and leaves services startable', async () => {
    await stage()
    const lines = ['name: broken', 'version: "1.0.0"', 'title: T', 'description: D', 'distributions: [debian-12]']
    const more = ['architectures: [x86_64, arm64]', 'install: { script: install.sh }', 'validate: "true"', '']
    await root.put('var/tmp/sindri/extensions/broken/extension.yaml', [...lines, ...more].join('\n'))
    await root.put('var/tmp/sindri/extensions/broken/install.sh', 'exit 7\n')
    const ran = await run('30-sindri.sh', { ...install, SINDRI_EXTENSIONS: 'git,broken' })
    expect(ran.code).toBe(1)
    expect(ran.output).toContain('extension broken: install.sh failed with exit code 7')
    expect(ran.output).toContain('the whole log is /var/log/sindri/extensions/broken.log')
    expect(ran.output).toContain('30-sindri: extensions were not installed (exit code 1)')
    expect(await readdir(join(root.path, 'usr/sbin'))).not.toContain('policy-rc.d')
  })

  test('a version that is not what was asked for is refused', async () => {
    await stage()
    const ran = await run('30-sindri.sh', { ...install, SINDRI_VERSION: '99.0.0' })
    expect(ran).toMatchObject({
      code: 1,
      output: expect.stringContaining(`installed sindri is ${manifest.version} instead of 99.0.0`),
    })
  })

  test('a released version is downloaded over TLS and refused when its checksum differs', async () => {
    await rm(join(root.path, 'usr/local/bin/sindri'))
    const keys = await mkdtemp(join(tmpdir(), 'release-'))
    onTestFinished(() => rm(keys, { recursive: true }))
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=release'].concat(
        ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(keys, 'key'), '-out', join(keys, 'cert')],
      ),
      { stdio: 'ignore' },
    )
    // An older release, which cannot do more than tell its version.
    const sindri = gzipSync('#!/bin/sh\n[ "$1" = --version ] || exit 2\necho 3.0.0\n')
    const sha256 = sha256Of(sindri)
    let published = '0'.repeat(64)
    const cert = await readFile(join(keys, 'cert'))
    const server = createServer({ key: await readFile(join(keys, 'key')), cert }, (request, response) => {
      if (request.url === '/v3.0.0/SHA256SUMS')
        response.end(`${published}  sindri-linux-x64.gz\n${published}  sindri-linux-arm64.gz\n`)
      else if (request.url?.startsWith('/v3.0.0/sindri-linux-')) response.end(sindri)
      else response.writeHead(404).end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    // The address of a listening TCP server is never a string.
    const { port } = server.address() as AddressInfo
    await root.put('tmp/cert', cert)
    const env = {
      SINDRI_VERSION: '3.0.0',
      SINDRI_RELEASE_URL: `https://127.0.0.1:${port}`,
      CURL_CA_BUNDLE: '/tmp/cert',
    }

    const refused = await run('30-sindri.sh', env)
    expect(refused.code).toBe(1)
    expect(refused.output).toContain(`has sha256 ${sha256} instead of ${published}: refused`)
    expect(await readdir(join(root.path, 'usr/local/bin'))).toEqual([])

    published = sha256
    expect(await run('30-sindri.sh', env)).toMatchObject({ code: 0 })
    expect(await readdir(join(root.path, 'usr/local/bin'))).toEqual(['sindri'])

    const old = await run('30-sindri.sh', { ...env, SINDRI_EXTENSIONS: 'git' })
    expect(old).toMatchObject({ code: 1, output: expect.stringContaining('sindri 3.0.0 cannot install extensions') })
    const unknown = await run('30-sindri.sh', { ...env, SINDRI_VERSION: '9.9.9' })
    expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining('is 9.9.9 a released version?') })
    const plain = await run('30-sindri.sh', { ...env, SINDRI_RELEASE_URL: `http://127.0.0.1:${port}` })
    expect(plain.code).toBe(1)
  })
})
