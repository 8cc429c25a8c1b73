import { execFileSync } from 'node:child_process'
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { orderExtensions } from '../../src/actions/extensions.ts'
import { type Entry, readCatalogue } from '../../src/extensions/catalogue.ts'
import { catalogueIndex } from '../../src/extensions/catalogue-index.ts'
import { canMakeRoot, type DebianRoot, imageExecutable, makeDebianRoot, type Ran } from './debian-root.ts'

const repository = join(import.meta.dirname, '../..')
const catalogue = readCatalogue(join(repository, 'extensions'))
const index = catalogueIndex(catalogue)
const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64'
const able = canMakeRoot || process.env.CI === 'true'
const title = 'extensions, installed by the executable of images in a Debian 12 (needs root and mmdebstrap)'

let root: DebianRoot

/** pip and npm bring authorities of their own; these are told to ask those of the machine. */
const bundle = '/etc/ssl/certs/ca-certificates.crt'
const environment = { PIP_CERT: bundle, NODE_EXTRA_CA_CERTS: bundle, ...proxies() }

function proxies(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()])
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? '']] : [])))
}

function sindri(...words: readonly string[]): Promise<Ran> {
  return root.run(['/usr/local/bin/sindri', ...words], environment)
}

/** Somebody who is not root. */
function asNobody(...words: readonly string[]): Promise<Ran> {
  const program = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '/usr/local/bin/sindri', ...words]
  return root.run(['env', 'HOME=/tmp/nobody', ...program], environment)
}

/** Puts a catalogue of the test's own into the root: extensions by name, each the lines of its `install`. */
async function ownCatalogue(
  extensions: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = 'srv/catalogue'
  await rm(join(root.path, folder), { recursive: true, force: true })
  await root.put(
    `${folder}/profiles.yaml`,
    `all:\n  description: All\n  extensions: [${Object.keys(extensions).join(', ')}]\n`,
  )
  for (const [name, lines] of Object.entries(extensions)) {
    const text = `name: ${name}\nversion: "1.0.0"\ntitle: T\ndescription: D\n${lines}\n`
    const more = /^distributions:/m.test(lines) ? '' : 'distributions: [debian-12]\n'
    const last = /^validate:/m.test(lines) ? '' : 'validate: "true"\n'
    await root.put(`${folder}/${name}/extension.yaml`, `${text}architectures: [x86_64, arm64]\n${more}${last}`)
  }
  for (const [path, text] of Object.entries(files)) await root.put(`${folder}/${path}`, text)
  return `/${folder}`
}

/** The first source of an extension, or of one it depends on, that cannot be reached from here. */
function unreachable(name: string): string | undefined {
  const sources = orderExtensions([name], index).flatMap((plan) => sourcesFor(catalogue.entries.get(plan.name)))
  return sources.find((url) => {
    const words = ['-sL', '-r', '0-0', '-o', '/dev/null', '-w', '%{http_code}', '--max-time', '20', url]
    // Not there (404) is a mistake of the catalogue; no answer, or somebody else's, is none.
    return !/^(2..|404|410)$/.test(
      execFileSync('sh', ['-c', 'curl "$@" || true', 'sh', ...words], { encoding: 'utf8' }),
    )
  })
}

function sourcesFor(entry: Entry | undefined): readonly string[] {
  const { downloads = [] } = entry?.definition.install ?? {}
  const files = downloads.filter((one) => (one.architecture ?? architecture) === architecture).map(({ url }) => url)
  // Registries are reached, or these tests would not be here.
  return files.filter((url) => url.startsWith('https:'))
}

describe.skipIf(!able)(title, { timeout: 600_000 }, () => {
  beforeAll(async () => {
    root = await makeDebianRoot(['curl', 'systemd-sysv', 'dbus'])
    // As in a build: nothing that is installed is started.
    await root.put('usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n')
    await root.run(['chmod', '755', '/usr/sbin/policy-rc.d'])
    await root.run(['install', '-d', '-o', '65534', '/tmp/nobody'])
    await cp(join(repository, 'extensions'), join(root.path, 'var/tmp/sindri/extensions'), { recursive: true })
    await cp((await imageExecutable()).file, join(root.path, 'var/tmp/sindri/sindri.gz'))
    await cp(join(repository, 'provision/30-sindri.sh'), join(root.path, 'tmp/30-sindri.sh'))
    const variables = { SINDRI_VERSION: manifest.version, SINDRI_ARCHIVE: '/var/tmp/sindri/sindri.gz' }
    const ran = await root.run(['sh', '/tmp/30-sindri.sh'], { ...variables, SINDRI_PROFILE: 'minimal' })
    expect(ran, ran.output).toMatchObject({ code: 0 })
    await rm(join(root.path, 'var/tmp/sindri'), { recursive: true })
  })

  afterAll(() => root.remove())

  test('the executable finds the catalogue of its image, of which nothing is installed yet', async () => {
    expect(await readdir(join(root.path, 'usr/local/share/sindri/extensions'))).toContain('docker')
    const { code, output } = await asNobody('extension', 'list', '--json')
    expect(code, output).toBe(0)
    const listed = JSON.parse(output)
    expect(listed).toHaveLength(catalogue.entries.size)
    expect(listed).toContainEqual(expect.objectContaining({ name: 'git', installed: null }))
    expect(await sindri('extension', 'validate')).toMatchObject({ code: 0, output: 'No extension is installed\n' })
  })

  test('without root nothing is installed, and the error says so', async () => {
    const ran = await asNobody('extension', 'install', 'git')
    expect(ran).toMatchObject({ code: 3, output: expect.stringContaining('installing git needs root') })
  })

  test('what cannot be here is refused by name before anything is installed', async () => {
    const folder = await ownCatalogue(
      {
        first: 'install: { script: install.sh }',
        second: 'dependencies: [first]\ndistributions: [ubuntu-24.04]\ninstall: { apt: [hello] }',
      },
      { 'first/install.sh': 'touch /srv/first-was-installed\n' },
    )
    const ran = await sindri('extension', 'install', 'first', 'second', '--catalogue', folder)
    expect(ran).toMatchObject({ code: 2, output: expect.stringContaining('second cannot be installed on debian-12') })
    expect(await readdir(join(root.path, 'srv'))).not.toContain('first-was-installed')
  })

  test('a failing extension is named with its log, whose last lines are told; what came before it stays', async () => {
    const script = 'echo before\necho "it broke here" >&2\nexit 7\n'
    const folder = await ownCatalogue(
      { works: 'install: { script: install.sh }', breaks: 'dependencies: [works]\ninstall: { script: install.sh }' },
      { 'works/install.sh': 'true\n', 'breaks/install.sh': script },
    )
    const ran = await sindri('profile', 'install', 'all', '--catalogue', folder)
    expect(ran.code).toBe(1)
    expect(ran.output).toContain('extension breaks: install.sh failed with exit code 7')
    expect(ran.output).toContain('it broke here')
    expect(ran.output).toContain('the whole log is /var/log/sindri/extensions/breaks.log')
    expect(await readFile(join(root.path, 'var/log/sindri/extensions/breaks.log'), 'utf8')).toContain('before')
    expect(await readdir(join(root.path, 'var/lib/sindri/extensions'))).toEqual(['works.json'])
    await rm(join(root.path, 'var/lib/sindri'), { recursive: true })
  })

  const reached: string[] = []
  test.for([...catalogue.entries.keys()])('%s installs and works', async (name, { skip }) => {
    const away = unreachable(name)
    if (away !== undefined) skip(`not run: ${away} cannot be reached from here`)
    const installed = await sindri('extension', 'install', name, '--json')
    expect(installed.code, installed.output).toBe(0)
    reached.push(name)
  })

  test('what is there and works is left alone, and everybody can see that all of it works', async () => {
    const again = await sindri('profile', 'install', 'base', '--json', '--quiet')
    expect(again.code, again.output).toBe(0)
    expect(JSON.parse(again.output).map(({ state }: { state: string }) => state)).toEqual(['present'])
    const all = await asNobody('extension', 'validate', '--json')
    expect(all.code, all.output).toBe(0)
    const works = JSON.parse(all.output).filter((one: { works: boolean }) => one.works)
    expect(works.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(reached))
  })

  test('an extension that was broken fails its validation by name, and is mended by installing it', async () => {
    await rm(join(root.path, 'etc/apt/apt.conf.d/20auto-upgrades'))
    const broken = await asNobody('extension', 'validate', 'git', 'security-updates')
    expect(broken.output).toMatch(/^git +\S+ +works$/m)
    expect(broken.code).toBe(1)
    expect(broken.output).toMatch(/^security-updates +\S+ +FAILS$/m)
    expect(broken.output).toContain('Failing: security-updates\n')
    const mended = await sindri('extension', 'install', 'security-updates')
    expect(mended.output).toMatch(/^security-updates +\S+ +installed$/m)
    expect(await asNobody('extension', 'validate', 'security-updates')).toMatchObject({ code: 0 })
  })

  test('a file or package that differs from its checksum is refused, and its script has not run', async (context) => {
    const away = unreachable('pnpm')
    if (away !== undefined) context.skip(`not run: ${away} cannot be reached from here`)
    const wrong = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    const url = 'npm:once/-/once-1.4.0.tgz'
    const download = `{ name: once.tgz, version: "1.4.0", url: "${url}", sha256: ${wrong} }`
    const folder = await ownCatalogue(
      {
        file: `dependencies: [node-lts]\ninstall: { downloads: [${download}], script: install.sh }`,
        'node-lts': 'install: { script: install.sh }',
        package: `dependencies: [node-lts]\ninstall: { npm: [{ package: once, version: "1.4.0", sha256: ${wrong} }] }`,
      },
      { 'file/install.sh': 'touch /srv/script-ran\n', 'node-lts/install.sh': 'true\n' },
    )
    for (const [name, what] of [
      ['file', url],
      ['package', 'once@1.4.0'],
    ] as const) {
      const ran = await sindri('extension', 'install', name, '--catalogue', folder)
      expect(ran.code).toBe(1)
      expect(ran.output).toMatch(
        new RegExp(`extension ${name}: ${what} has sha256 [0-9a-f]{64} instead of ${wrong}: refused`),
      )
    }
    expect(await readdir(join(root.path, 'srv'))).toEqual(['catalogue'])
  })

  test('mise installs what its lock file has a checksum for, and nothing else', async (context) => {
    const away = architecture === 'arm64' ? 'mise for arm64' : unreachable('mise')
    if (away !== undefined) context.skip(`not run: ${away} cannot be reached from here`)
    const registry = /https:\S+/.exec((await root.run(['npm', 'config', 'get', 'registry'])).output)?.[0] ?? ''
    const [url, sha256] = [
      `${registry}pnpm/-/pnpm-10.34.8.tgz`,
      '5be9fac9764583af5fa07015b9b0aa930ef634535df9fa6f464020d72b195630',
    ]
    const tool = (sum: string) =>
      `[tools]\n"http:archive" = { version = "10.34.8", url = "${url}", checksum = "sha256:${sum}", strip_components = 1, bin_path = "bin" }\n`
    const lock = (sum: string) =>
      ['lockfile_version = 2', '[[tools."http:archive"]]', 'version = "10.34.8"', 'backend = "http:archive"']
        .concat('specifiers = ["10.34.8"]', '[tools."http:archive".options]', 'strip_components = "1"')
        .concat('[tools."http:archive"."platforms.linux-x64"]', `checksum = "sha256:${sum}"`, `url = "${url}"`, '')
        .join('\n')
    const lines = 'install: { mise: mise.toml }\ndependencies: [mise]\nvalidate: test -x /usr/local/bin/pnpx.cjs'
    const own = (mise: string, locked: string) =>
      ownCatalogue(
        { mise: 'install: { script: install.sh }', tool: lines },
        { 'mise/install.sh': 'true\n', 'tool/mise.toml': mise, 'tool/mise.lock': locked },
      )
    const wrong = sha256.replace('5', '6')
    const refused = await sindri('extension', 'install', 'tool', '--catalogue', await own(tool(wrong), lock(wrong)))
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining(sha256) })
    const unlocked = await sindri('extension', 'install', 'tool', '--catalogue', await own(tool(sha256), ''))
    expect(unlocked.code, unlocked.output).toBe(1)
    const taken = await sindri('extension', 'install', 'tool', '--catalogue', await own(tool(sha256), lock(sha256)))
    expect(taken.code, taken.output).toBe(0)
  })
})
