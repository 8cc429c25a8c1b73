import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

const repository = join(import.meta.dirname, '../..')
const able = process.getuid?.() === 0 && spawnSync('mmdebstrap', ['--version']).status === 0
const title = 'the scripts that run inside an image (needs root and mmdebstrap)'

/** Stands in for the executable: the scripts only ever ask it for its version. */
const sindri = gzipSync('#!/bin/sh\necho 3.1.0\n')
const sha256 = createHash('sha256').update(sindri).digest('hex')

let root = ''

interface Ran {
  readonly code: number | null
  readonly output: string
}

/** Runs a provision script as Packer does, in a Debian of its own that shares only the network with this machine. */
async function run(script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  await cp(join(repository, 'provision', script), join(root, 'tmp/script_1234.sh'))
  const isolated = ['-m', '-p', '-u', '--fork', '--kill-child', `--mount-proc=${root}/proc`]
  const inside = ['chroot', root, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root']
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const command = ['sudo', '-n', 'env', ...variables, '/tmp/script_1234.sh']
  return new Promise((resolve) => {
    const child = execFile(
      'unshare',
      [...isolated, ...inside, ...command],
      { maxBuffer: 1 << 26 },
      (_, stdout, stderr) => resolve({ code: child.exitCode, output: stdout + stderr }),
    )
  })
}

async function put(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

async function stage(): Promise<void> {
  expect(await run('00-staging.sh', { SINDRI_UPLOADS: '1' })).toMatchObject({ code: 0 })
  await cp(join(repository, 'extensions'), join(root, 'var/tmp/sindri/extensions'), { recursive: true })
  await put('var/tmp/sindri/sindri.gz', sindri)
  await put('var/tmp/sindri/uploads/0/app.conf', 'setting')
}

const install = { SINDRI_VERSION: '3.1.0', SINDRI_ARCHIVE: '/var/tmp/sindri/sindri.gz', SINDRI_SHA256: sha256 }

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

describe.skipIf(!able && process.env.CI !== 'true')(title, { timeout: 300_000 }, () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'provision-'))
    const packages = 'sudo,openssh-server,cloud-init,ca-certificates,dbus,systemd-sysv,cron'
    execFileSync('mmdebstrap', ['--quiet', '--variant=minbase', `--include=${packages}`, 'bookworm', root])
    execFileSync('chroot', [root, 'useradd', '-m', 'admin'])
    await cp('/etc/resolv.conf', join(root, 'etc/resolv.conf'))
  }, 300_000)

  afterAll(() => rm(root, { recursive: true, force: true }))

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
    expect(JSON.parse(await readFile(join(root, 'etc/sindri/image.json'), 'utf8'))).toMatchObject({
      sindri: '3.1.0',
      profile: 'base',
      extensions: ['git', 'docker'],
    })
    expect(await readFile(join(root, "etc/it's/app.conf"), 'utf8')).toBe('setting')
    expect(await readFile(join(root, 'etc/sysctl.d/60-sindri.conf'), 'utf8')).not.toContain('ip_forward')
    expect(await readdir(join(root, 'usr/sbin'))).not.toContain('policy-rc.d')
  })

  test('what must not be captured is named, then removed', async () => {
    await stage()
    for (const path of Object.keys(leaks)) await put(path, 'leak\n')
    execFileSync('chroot', [root, 'ssh-keygen', '-A'])

    const before = await run('99-verify.sh')
    expect(before.code).toBe(1)
    for (const [path, why] of Object.entries(leaks)) expect(before.output).toContain(`not clean: /${path} (${why})`)
    expect(before.output).toContain('not clean: /etc/ssh/ssh_host_ed25519_key (SSH host key')
    expect(before.output).toContain('not clean: /var/tmp/sindri')

    expect(await run('90-cleanup.sh')).toMatchObject({ code: 0 })
    const after = await run('99-verify.sh')
    expect(after).toMatchObject({ code: 0, output: expect.stringContaining('the image is clean') })
    expect(await readdir(join(root, 'var/tmp'))).toEqual([])
    expect((await readdir(join(root, 'etc/ssh'))).filter((name) => name.startsWith('ssh_host'))).toEqual([])
  })

  test('keys and data stay when the config says so', async () => {
    await put('root/.ssh/authorized_keys', 'key')
    await put('root/.bash_history', 'history')
    const keep = { SINDRI_CLEAN_SENSITIVE_DATA: 'false', SINDRI_REMOVE_SSH_KEYS: 'false' }
    expect(await run('90-cleanup.sh', keep)).toMatchObject({ code: 0 })
    expect(await run('99-verify.sh', keep)).toMatchObject({ code: 0 })
    expect(await readFile(join(root, 'root/.ssh/authorized_keys'), 'utf8')).toBe('key')
    expect(await readFile(join(root, 'root/.bash_history'), 'utf8')).toBe('history')
  })

  test('an image whose cloud-init is off makes its host keys by a unit of its own', async () => {
    await put('etc/cloud/cloud-init.disabled', '')
    onTestFinished(() => rm(join(root, 'etc/cloud/cloud-init.disabled')))
    expect(await run('90-cleanup.sh')).toMatchObject({ code: 0 })
    expect(await readdir(join(root, 'etc/systemd/system/multi-user.target.wants'))).toContain('sindri-ssh-keys.service')
  })

  test('a failing extension fails the build by name and leaves services startable', async () => {
    await stage()
    await put('var/tmp/sindri/extensions/broken/install.sh', '#!/bin/sh\nexit 7\n')
    const ran = await run('30-sindri.sh', { ...install, SINDRI_EXTENSIONS: 'git,broken' })
    expect(ran.code).toBe(1)
    expect(ran.output).toContain('extension broken: install.sh failed with exit code 7')
    expect(await readdir(join(root, 'usr/sbin'))).not.toContain('policy-rc.d')
  })

  test('a version that is not what was asked for is refused', async () => {
    await stage()
    const ran = await run('30-sindri.sh', { ...install, SINDRI_VERSION: '3.2.0' })
    expect(ran).toMatchObject({
      code: 1,
      output: expect.stringContaining('installed sindri is 3.1.0 instead of 3.2.0'),
    })
  })

  test('a released version is downloaded over TLS and refused when its checksum differs', async () => {
    await rm(join(root, 'usr/local/bin/sindri'))
    const keys = await mkdtemp(join(tmpdir(), 'release-'))
    onTestFinished(() => rm(keys, { recursive: true }))
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=release'].concat(
        ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(keys, 'key'), '-out', join(keys, 'cert')],
      ),
      { stdio: 'ignore' },
    )
    let published = '0'.repeat(64)
    const cert = await readFile(join(keys, 'cert'))
    const server = createServer({ key: await readFile(join(keys, 'key')), cert }, (request, response) => {
      if (request.url === '/v3.1.0/SHA256SUMS')
        response.end(`${published}  sindri-linux-x64.gz\n${published}  sindri-linux-arm64.gz\n`)
      else if (request.url?.startsWith('/v3.1.0/sindri-linux-')) response.end(sindri)
      else response.writeHead(404).end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void server.close())
    // The address of a listening TCP server is never a string.
    const { port } = server.address() as AddressInfo
    await put('tmp/cert', cert)
    const env = {
      SINDRI_VERSION: '3.1.0',
      SINDRI_RELEASE_URL: `https://127.0.0.1:${port}`,
      CURL_CA_BUNDLE: '/tmp/cert',
    }

    const refused = await run('30-sindri.sh', env)
    expect(refused.code).toBe(1)
    expect(refused.output).toContain(`has sha256 ${sha256} instead of ${published}: refused`)
    expect(await readdir(join(root, 'usr/local/bin'))).toEqual([])

    published = sha256
    expect(await run('30-sindri.sh', env)).toMatchObject({ code: 0 })
    expect(await readdir(join(root, 'usr/local/bin'))).toEqual(['sindri'])

    const unknown = await run('30-sindri.sh', { ...env, SINDRI_VERSION: '9.9.9' })
    expect(unknown).toMatchObject({ code: 1, output: expect.stringContaining('is 9.9.9 a released version?') })
    const plain = await run('30-sindri.sh', { ...env, SINDRI_RELEASE_URL: `http://127.0.0.1:${port}` })
    expect(plain.code).toBe(1)
  })
})
