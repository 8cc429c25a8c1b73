import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forVersion } from '../../src/packer/dialect.ts'
import { block, interpolate, render, variable } from '../../src/packer/hcl.ts'
import { readManifest } from '../../src/packer/manifest.ts'
import { cancelPacker, startPacker } from '../../src/packer/run.ts'
import { cloudValue, sharedTemplate, type TemplateInput, templateFiles } from '../../src/packer/template.ts'
import { ensurePlugins, validatePacker } from '../../src/packer/validate.ts'
import { familyOf, packerVersion } from '../../src/packer/version.ts'
import { watchPacker } from '../../src/packer/watch.ts'

const parts = env.SINDRI_PARTS ?? join(env.XDG_CACHE_HOME ?? join(env.HOME ?? '/', '.cache'), 'sindri/parts')
const plugins = await mkdtemp(join(tmpdir(), 'sindri-plugins-'))
const packerEnv = { PATH: env.PATH, HOME: env.HOME, PACKER_PLUGIN_PATH: plugins, CHECKPOINT_DISABLE: '1' }

const onPath = execFileSync('/bin/sh', ['-c', 'command -v packer || true'], { encoding: 'utf8' }).trim()
const current = join(parts, 'packer')
if (existsSync(current)) {
  const plugin = ['plugins', 'install', '--path', join(parts, 'packer-plugin-amazon'), 'github.com/hashicorp/amazon']
  execFileSync(current, plugin, { env: packerEnv })
}
const packers = [
  { title: 'the packer on PATH', path: onPath },
  { title: 'the current packer in SINDRI_PARTS', path: current },
].filter(({ path }) => path !== '' && existsSync(path))

test.skipIf(packers.length > 0)('Packer is not installed: its tests were skipped', (context) => context.skip())

afterAll(() => rm(plugins, { recursive: true }))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sindri-packer-'))
})
afterEach(() => rm(folder, { recursive: true }))

const variables = { imageName: 'sindri-dev', sindriVersion: '3.1.0', profile: 'base', extensions: ['docker', 'node'] }

function awsTemplate(): TemplateInput {
  return {
    cloud: 'aws',
    plugin: 'amazon',
    source: {
      builder: 'amazon-ebs',
      label: 'sindri',
      attributes: {
        ami_name: interpolate([variable('image_name'), '-1']),
        region: cloudValue('aws', 'region'),
        instance_type: cloudValue('aws', 'instance_type'),
        ssh_username: 'admin',
        imds_support: 'v2.0',
        tags: { 'cost:center': '"quoted" ${x} %{y}\n\\ é', raw: 'text' },
      },
      blocks: [
        block('source_ami_filter', [], {
          filters: { name: 'debian-12-amd64-*', 'root-device-type': 'ebs' },
          owners: ['136693071363'],
          most_recent: true,
        }),
        block('metadata_options', [], { http_endpoint: 'enabled', http_tokens: 'required' }),
      ],
    },
    variables,
    defaults: { region: 'us-west-2', instance_type: 't3.large', volume_size: 80 },
    provision: [
      { kind: 'upload', source: 'hello.txt', destination: '/tmp/hello.txt' },
      {
        kind: 'script',
        title: 'Say hello',
        path: 'hello.sh',
        environment: { GREETING: `it's "me"\n$HOME` },
        asRoot: true,
      },
    ],
    manifest: join(folder, 'manifest.json'),
    custom: { profile: variable('profile') },
  }
}

function nullTemplate(): TemplateInput {
  return {
    cloud: 'local',
    source: { builder: 'null', label: 'sindri', attributes: { communicator: 'none' }, blocks: [] },
    variables,
    defaults: { region: 'here', instance_type: 'small', volume_size: 20 },
    provision: [],
    manifest: join(folder, 'manifest.json'),
    custom: {
      volume_size: interpolate([cloudValue('local', 'volume_size')]),
      region: cloudValue('local', 'region'),
    },
  }
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

describe.each(packers)('$title', ({ path }) => {
  async function version(): Promise<string> {
    return (await packerVersion({ path, env: packerEnv, cacheFolder: join(folder, 'cache') })).version
  }

  async function writeTemplates(...inputs: readonly TemplateInput[]): Promise<void> {
    const found = await version()
    for (const input of inputs) await write(templateFiles(input, (blocks) => forVersion(blocks, found).blocks))
    await write({ 'hello.sh': 'echo hello\n', 'hello.txt': 'hello\n' })
  }

  async function run(...args: readonly string[]) {
    const log = join(folder, 'packer.log')
    const handle = await startPacker({ path, arguments: args, folder, env: packerEnv, log })
    return { handle, ended: watchPacker(handle, { pollMs: 20 }) }
  }

  test('templates of two clouds in one folder are formatted and valid', async () => {
    await writeTemplates(awsTemplate(), nullTemplate())
    execFileSync(path, ['fmt', '-check', '-diff', '.'], { cwd: folder, env: packerEnv })
    if (familyOf(await version()) === 'plugins') await ensurePlugins({ path, folder, env: packerEnv })
    expect(await validatePacker({ path, folder, env: packerEnv })).toEqual({ ok: true, diagnostics: [] })
  })

  test('one document with everything is formatted and valid', async () => {
    await writeTemplates()
    await write({ 'all.pkr.hcl': render(forVersion(sharedTemplate(awsTemplate()), await version()).blocks) })
    execFileSync(path, ['fmt', '-check', '-diff', '.'], { cwd: folder, env: packerEnv })
    expect(await validatePacker({ path, folder, env: packerEnv })).toEqual({ ok: true, diagnostics: [] })
  })

  test('a var file sets a value that otherwise is the cloud’s own', async () => {
    await writeTemplates(nullTemplate())
    await write({ 'my.pkrvars.hcl': 'volume_size = 33\n' })
    const { ended } = await run('build', '-machine-readable', '-var-file=my.pkrvars.hcl', '.')
    expect((await ended).exitCode).toBe(0)
    const { artifacts, custom } = await readManifest(join(folder, 'manifest.json'))
    expect(custom).toEqual({ volume_size: '33', region: 'here' })
    expect(artifacts).toEqual([{ builder: 'null.sindri', id: 'Null' }])
  })

  test('any text arrives as it was written', async () => {
    const unit = fc.oneof(
      fc.constantFrom('$', '${', '$${', '%{', '%%{', '{', '%', '}', '\\', '"', '\n', '\r', '\t', '~', 'n', 'u'),
      fc.string(),
    )
    const text = fc.string({ unit }).filter((one) => !one.includes('{{'))
    const custom = Object.fromEntries(fc.sample(text, 300).map((one, at) => [`k${at}`, one]))
    await writeTemplates({ ...nullTemplate(), custom })
    const { ended } = await run('build', '-machine-readable', '.')
    expect((await ended).state.errors).toEqual([])
    expect((await readManifest(join(folder, 'manifest.json'))).custom).toEqual(custom)
    execFileSync(path, ['fmt', '-check', '.'], { cwd: folder, env: packerEnv })
  })

  test('a mistake is told with its place', async () => {
    await write({
      'a.pkr.hcl':
        'source "null" "x" {\n  communicator = "none"\n  nonsense     = 1\n}\nbuild {\n  sources = ["source.null.x"]\n}\n',
    })
    const { ok, diagnostics } = await validatePacker({ path, folder, env: packerEnv })
    expect(ok).toBe(false)
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        message: 'Unsupported argument: An argument named "nonsense" is not expected here.',
        where: { file: 'a.pkr.hcl', line: 3 },
      },
    ])
    expect((await validatePacker({ path, folder, env: packerEnv, syntaxOnly: true })).ok).toBe(true)
  })

  test('an interrupted build ends by itself and says so', async () => {
    await write({
      'a.pkr.hcl': `source "null" "x" {\n  communicator = "none"\n}\nbuild {\n  sources = ["source.null.x"]\n  provisioner "shell-local" {\n    inline = ["touch started; sleep 600"]\n  }\n}\n`,
    })
    const { handle, ended } = await run('build', '-machine-readable', '.')
    await expect.poll(() => existsSync(join(folder, 'started')), { timeout: 20_000 }).toBe(true)
    expect(await cancelPacker(handle, { pollMs: 20 })).toBe('stopped')
    const { exitCode, state } = await ended
    expect(exitCode).toBe(1)
    expect(state.recent.join('\n')).toContain('Cancelling build after receiving interrupt')
  })

  test.skipIf(path !== current)('a missing plugin is told with the way to install it', async () => {
    await mkdir(join(folder, 'none'))
    await writeTemplates(awsTemplate())
    const offline = { ...packerEnv, PACKER_PLUGIN_PATH: join(folder, 'none'), HTTPS_PROXY: 'http://127.0.0.1:9' }
    await expect(ensurePlugins({ path, folder, env: offline })).rejects.toThrow('cannot install the Packer plugins')
  })
})
