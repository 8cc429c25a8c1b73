import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { azureMatrix } from '../../src/clouds/azure/matrix.fixture.ts'
import { familyOf } from '../../src/packer/version.ts'
import { type Outcome, startProgram } from './sindri.ts'

/** Why these tests cannot run: they ask the builder inside Debian's Packer, offline. */
function missingPacker(): string | undefined {
  if (env.CI === 'true') return undefined
  try {
    const version = execFileSync('packer', ['version'], { encoding: 'utf8' }).match(/v(\d+\.\d+\.\d+)/)?.[1] ?? ''
    return familyOf(version) === 'plugins' ? `Packer ${version} has no azure-arm inside` : undefined
  } catch {
    return 'Packer is not installed'
  }
}

const absent = missingPacker()
const account = {
  AZURE_SUBSCRIPTION_ID: '11111111-1111-1111-1111-111111111111',
  AZURE_RESOURCE_GROUP: 'images',
}
const principal = { AZURE_CLIENT_ID: 'an-application', AZURE_CLIENT_SECRET: 'hunter2-hunter2' }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sindri-azure-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs a program with no account but this one, and nothing of Azure's own to find one by. */
function run(path: string, words: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const variables = { PATH: env.PATH, HOME: folder, CHECKPOINT_DISABLE: '1', ...account, ...more }
  return startProgram(path, words, folder, variables).ended
}

function sindri(...words: readonly string[]): Promise<Outcome> {
  const cli = join(import.meta.dirname, '../../src/cli.ts')
  return run(execPath, [cli, ...words, '--cloud', 'azure', '--sindri-version', '3.1.0'])
}

describe.skipIf(absent !== undefined)(`Packer 1.6.6 and Azure (${absent ?? 'offline'})`, () => {
  test.each(Object.entries(azureMatrix))('%s is valid, or refused with what it takes', async (_of, written) => {
    const { azure = {}, packer } = written
    const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'azure', ...packer, azure } } }
    await writeFile(join(folder, 'sindri.yaml'), JSON.stringify(config))
    const outcome = await sindri('vm', 'validate')
    if ('gallery' in azure || 'spot_eviction_policy' in azure)
      expect(outcome).toMatchObject({ code: 3, stderr: expect.stringContaining('install Packer 1.9 or newer') })
    else expect(outcome, outcome.stderr).toMatchObject({ code: 0 })
  })

  test('what init writes is formatted, and valid with either way to log in', async () => {
    expect(await sindri('vm', 'init', '-o', 'd')).toMatchObject({ code: 0 })
    expect(await run('packer', ['fmt', '-check', '-diff', 'd'])).toMatchObject({ code: 0 })
    expect(await run('packer', ['validate', 'd'])).toMatchObject({ code: 0 })
    expect(await run('packer', ['validate', 'd'], principal)).toMatchObject({ code: 0 })
    const { AZURE_CLIENT_ID } = principal
    const half = await run('packer', ['validate', 'd'], { AZURE_CLIENT_ID, AZURE_TENANT_ID: 'a-tenant' })
    expect(half.stdout + half.stderr).toContain('No valid set of authentication values')
    const managed = await run('packer', ['validate', '-var', 'azure_cli_auth=false', 'd'])
    expect(managed, managed.stdout).toMatchObject({ code: 0 })
  })
})
