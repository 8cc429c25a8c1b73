import { expect, test } from 'vitest'
import { loadConfig } from '../config/load.ts'
import { resolve } from '../config/resolve.ts'
import type { Phase } from '../packer/template.ts'
import { type ProvisionFiles, provisionPhases } from './provision.ts'

const files: ProvisionFiles = {
  scripts: '/sindri/provision',
  extensions: '/sindri/extensions',
  archive: undefined,
  located: (path) => `/project/${path}`,
}

function phases(build: Readonly<Record<string, unknown>>, more: Partial<ProvisionFiles> = {}): readonly Phase[] {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'aws', build } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: { TOKEN: 'secret-value' } })
  return provisionPhases(resolved, { ...files, ...more }, 'https://example.com/download')
}

/** What a phase runs, uploads or keeps. */
function fileOf(phase: Phase): string {
  if (phase.kind === 'ansible') return phase.playbook
  if (phase.kind === 'download') return phase.name
  return phase.kind === 'script' ? phase.path : phase.source
}

/** The environment of the script that ends so. */
function environmentOf(list: readonly Phase[], end: string): Readonly<Record<string, unknown>> | undefined {
  const found = list.find((phase) => fileOf(phase).endsWith(end))
  return found?.kind === 'script' ? found.environment : undefined
}

const everything = {
  file_uploads: [{ source: 'motd', destination: '/etc/motd' }],
  scripts: ['first.sh', 'second.sh'],
  ansible_playbook: 'site.yml',
  security: { cis_hardening: true, openscap_scan: true },
}

test('uploads come first, then initialisation, Sindri, hardening, custom steps, and cleanup last', () => {
  expect(phases(everything).map(fileOf)).toEqual([
    '/sindri/provision/00-staging.sh',
    '/sindri/extensions/',
    '/project/motd',
    '/sindri/provision/10-init.sh',
    '/sindri/provision/20-uploads.sh',
    '/sindri/provision/30-sindri.sh',
    '/sindri/provision/40-harden.sh',
    '/sindri/provision/45-openscap.sh',
    'openscap-report.html',
    '/project/site.yml',
    '/project/first.sh',
    '/project/second.sh',
    '/sindri/provision/90-cleanup.sh',
    '/sindri/provision/99-verify.sh',
  ])
})

test('what the config leaves out is left out', () => {
  expect(phases({ security: { cis_hardening: false } }).map(fileOf)).toEqual([
    '/sindri/provision/00-staging.sh',
    '/sindri/extensions/',
    '/sindri/provision/10-init.sh',
    '/sindri/provision/30-sindri.sh',
    '/sindri/provision/90-cleanup.sh',
    '/sindri/provision/99-verify.sh',
  ])
})

test('the running Sindri is uploaded when there is an archive of it, and else fetched from its release', () => {
  const uploaded = phases({}, { archive: '/cache/sindri.gz' })
  expect(uploaded.map(fileOf)).toContain('/cache/sindri.gz')
  expect(environmentOf(uploaded, '30-sindri.sh')).toMatchObject({ SINDRI_ARCHIVE: '/var/tmp/sindri/sindri.gz' })
  const fetched = environmentOf(phases({}), '30-sindri.sh')
  expect(fetched).toMatchObject({ SINDRI_RELEASE_URL: 'https://example.com/download' })
  expect(fetched).not.toHaveProperty('SINDRI_ARCHIVE')
})

test('an upload is staged under its number and told where it goes; the contents of a folder go into a folder', () => {
  const list = phases({
    file_uploads: [
      { source: 'motd', destination: '/etc/motd' },
      { source: 'site/', destination: '/srv/site' },
    ],
  })
  expect(list.filter((phase) => phase.kind === 'upload').map((phase) => phase.destination)).toEqual([
    '/var/tmp/sindri/extensions',
    '/var/tmp/sindri/uploads/0/',
    '/var/tmp/sindri/uploads/1/',
  ])
  expect(environmentOf(list, '20-uploads.sh')).toEqual({
    SINDRI_UPLOADS: '2',
    SINDRI_UPLOAD_0: '/etc/motd',
    SINDRI_UPLOAD_1: '/srv/site/',
  })
})

test('custom scripts get the environment of the config, a secret only as a variable of Packer', () => {
  const list = phases({ scripts: ['first.sh'], environment: { MODE: 'fast', TOKEN: '${env:TOKEN}' } })
  const environment = environmentOf(list, 'first.sh')
  expect(Object.keys(environment ?? {})).toEqual(['MODE', 'TOKEN'])
  expect(environment?.MODE).toBe('fast')
  expect(environment?.TOKEN).not.toBeTypeOf('string')
  expect(JSON.stringify(list)).not.toContain('secret-value')
})

test('cleaning and the removal of keys are done and verified as the config says', () => {
  const list = phases({ security: { clean_sensitive_data: false, remove_ssh_keys: true } })
  for (const script of ['90-cleanup.sh', '99-verify.sh']) {
    expect(environmentOf(list, script)).toEqual({
      SINDRI_CLEAN_SENSITIVE_DATA: 'false',
      SINDRI_REMOVE_SSH_KEYS: 'true',
    })
  }
})
