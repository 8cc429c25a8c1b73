import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cloud } from '../../clouds/index.ts'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { fingerprint } from './fingerprint.ts'
import { templateInput } from './template.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sindri-fingerprint-'))
  checkout('here')
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A Sindri with its scripts and extensions, and the files of a project beside it. */
function checkout(name: string): void {
  for (const place of ['provision', 'extensions/docker', 'site'])
    mkdirSync(join(folder, name, place), { recursive: true })
  const scripts = [
    '00-staging',
    '10-init',
    '20-uploads',
    '30-sindri',
    '40-harden',
    '45-openscap',
    '90-cleanup',
    '99-verify',
  ]
  for (const script of scripts) writeFileSync(join(folder, name, 'provision', `${script}.sh`), `echo ${script}\n`)
  writeFileSync(join(folder, name, 'extensions/docker/extension.yaml'), 'name: docker\n')
  writeFileSync(join(folder, name, 'setup.sh'), 'echo setup\n')
  writeFileSync(join(folder, name, 'site/index.html'), '<p>\n')
}

interface Change {
  readonly packer?: Readonly<Record<string, unknown>>
  readonly build?: Readonly<Record<string, unknown>>
  readonly aws?: Readonly<Record<string, unknown>>
  readonly version?: string
  readonly manifest?: string
}

/** The fingerprint of a config with these changes, built from the checkout of this name. */
async function print({ packer, build, aws, version = '3.1.0', manifest = 'm.json' }: Change = {}, name = 'here') {
  const section = {
    cloud: 'aws',
    ...packer,
    build: {
      profile: 'minimal',
      scripts: ['setup.sh'],
      file_uploads: [{ source: 'site/', destination: '/srv' }],
      ...build,
    },
    aws: { region: 'us-west-2', ...aws },
  }
  const config = loadConfig(JSON.stringify({ version: '1.0', name: 'golden', providers: { packer: section } }), 'x')
  const files = {
    scripts: join(folder, name, 'provision'),
    extensions: join(folder, name, 'extensions'),
    archive: undefined,
    located: (path: string) => join(folder, name, path),
  }
  const resolved = resolve(config, {}, { env: {} })
  return fingerprint(await templateInput(cloud('aws'), resolved, files, { marks: undefined, manifest, version }))
}

test('the same config and files have the same fingerprint, whenever and wherever they are', async () => {
  const before = await print()
  expect(before).toMatch(/^[0-9a-f]{16}$/)
  checkout('elsewhere')
  expect(await print({}, 'elsewhere')).toBe(before)
  utimesSync(join(folder, 'here/setup.sh'), 0, 0)
  expect(await print({ manifest: '/another/manifest.json' })).toBe(before)
})

test.each<[string, Change]>([
  ['an extension', { build: { extensions: ['docker'] } }],
  ['the profile', { build: { profile: 'base' } }],
  ['the base', { build: { base: 'debian-12' } }],
  ['hardening', { build: { security: { cis_hardening: true } } }],
  ['a variable of the scripts', { build: { environment: { MODE: 'fast' } } }],
  ['where an upload goes', { build: { file_uploads: [{ source: 'site/', destination: '/opt' }] } }],
  ['the size of the volume', { aws: { volume_size: 99 } }],
  ['a tag', { packer: { tags: { Team: 'core' } } }],
  ['the version of Sindri', { version: '3.2.0' }],
])('%s changes the fingerprint', async (_what, change) => {
  expect(await print(change)).not.toBe(await print())
})

test('a byte or a name in the files changes the fingerprint', async () => {
  const seen = [await print()]
  writeFileSync(join(folder, 'here/setup.sh'), 'echo setuq\n')
  seen.push(await print())
  writeFileSync(join(folder, 'here/provision/30-sindri.sh'), 'echo more\n')
  seen.push(await print())
  writeFileSync(join(folder, 'here/extensions/docker/extension.yaml'), 'name: podman\n')
  seen.push(await print())
  renameSync(join(folder, 'here/site/index.html'), join(folder, 'here/site/start.html'))
  seen.push(await print())
  cpSync(join(folder, 'here/site/start.html'), join(folder, 'here/site/more.html'))
  seen.push(await print())
  expect(new Set(seen).size).toBe(seen.length)
})

test('a file of Sindri that this config does not use changes nothing', async () => {
  const before = await print()
  writeFileSync(join(folder, 'here/provision/45-openscap.sh'), 'echo other\n')
  expect(await print()).toBe(before)
})
