import { createPrivateKey } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { ociStandIns } from './stand-ins.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sindri-oci-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function standIns(section: object, environment: Readonly<Record<string, string>> = {}) {
  const config = { version: '1.0', providers: { packer: { cloud: 'oci', oci: section } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {}, partial: true })
  return ociStandIns(resolved, { HOME: folder, ...environment }, folder)
}

test('without credentials a user is made up, with a key in the form that Packer 1.6.6 reads', async () => {
  const made = await standIns({})
  expect(Object.keys(made)).toEqual(['OCI_CLI_USER', 'OCI_CLI_TENANCY', 'OCI_CLI_FINGERPRINT', 'OCI_CLI_KEY_FILE'])
  const key = readFileSync(made.OCI_CLI_KEY_FILE ?? '', 'utf8')
  expect(key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/)
  expect(createPrivateKey(key).asymmetricKeyType).toBe('rsa')
})

test('credentials that are there are used, complete or not', async () => {
  expect(await standIns({}, { OCI_USER_OCID: 'ocid1.user.oc1..a' })).toEqual({})
  expect(await standIns({}, { OCI_CLI_KEY_CONTENT: 'x' })).toEqual({})
  expect(await standIns({ access_cfg_file: '/nowhere' })).toEqual({})
  expect(await standIns({ use_instance_principals: true })).toEqual({})
  const file = join(folder, '.oci/config')
  mkdirSync(dirname(file))
  writeFileSync(file, '[DEFAULT]')
  expect(await standIns({})).toEqual({})
})
