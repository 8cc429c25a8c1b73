import { execFileSync, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ValidateResult } from '../../src/actions/validate.ts'
import { matrix as alibaba } from '../../src/clouds/alibaba/matrix.fixture.ts'
import { matrix as oci } from '../../src/clouds/oci/matrix.fixture.ts'
import { currentPacker, openSindri, type Sindri } from './sindri.ts'

const version = /\d+\.\d+\.\d+/.exec(spawnSync('packer', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[0]
const absent = version === '1.6.6' || process.env.CI === 'true' ? undefined : `Packer 1.6.6 is not on PATH`

/** Clouds that templates are made for, in Packer 1.6.6, where no account is at hand. */
const clouds = [
  {
    cloud: 'oci',
    matrix: oci,
    made: ociCredentials,
    missing: "'key_file' must be specified",
    newer: /flexible/,
    needed: 'oracle-oci.shape_config',
  },
  {
    cloud: 'alibaba',
    matrix: alibaba,
    made: () => ({ ALIBABA_CLOUD_ACCESS_KEY_ID: 'made-up', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'made-up' }),
    missing: 'ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY must be set',
    newer: /family/,
    needed: 'alicloud-ecs.image_family',
  },
]

/** A user that does not exist, in the variables of the guide. */
function ociCredentials(folder: string): Readonly<Record<string, string>> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const file = join(folder, 'throw-away.pem')
  writeFileSync(file, privateKey.export({ type: 'pkcs1', format: 'pem' }))
  return {
    OCI_USER_OCID: 'ocid1.user.oc1..aaaa',
    OCI_TENANCY_OCID: 'ocid1.tenancy.oc1..aaaa',
    OCI_FINGERPRINT: '20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34',
    OCI_CLI_KEY_FILE: file,
  }
}

/** Variables that lead to credentials of the user who runs the tests. */
const credentials = /^(OCI|ALIBABA_CLOUD|ALICLOUD)_/
for (const name of Object.keys(process.env)) if (credentials.test(name)) delete process.env[name]

let sindri: Sindri

async function write(cloud: string, packer: object): Promise<void> {
  await sindri.configure({ cloud, ...packer })
  writeFileSync(join(sindri.folder, 'setup.sh'), 'true\n')
}

describe.skipIf(absent !== undefined)(`plain Packer 1.6.6, offline (${absent ?? version})`, () => {
  beforeAll(async () => {
    sindri = await openSindri()
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  describe.each(clouds)('$cloud', ({ cloud, matrix, made, missing, newer, needed }) => {
    const possible = Object.entries(matrix).filter(([title]) => !newer.test(title))
    const impossible = Object.entries(matrix).filter(([title]) => newer.test(title))

    /** What plain Packer says of the folder that init writes for a config. */
    async function plainPacker(packer: object, environment: Readonly<Record<string, string>>) {
      await write(cloud, packer)
      const words = ['--sindri-version', '3.1.0', '--force', '--output', cloud]
      expect(await sindri.run('vm', 'init', ...words)).toMatchObject({ code: 0 })
      const env = { ...process.env, ...environment, CHECKPOINT_DISABLE: '1' }
      const { status, stdout } = spawnSync('packer', ['validate', cloud], { cwd: sindri.folder, env, encoding: 'utf8' })
      return { status, stdout }
    }

    test.each(possible)('what init writes for %s is formatted and valid', async (_title, packer) => {
      expect(await plainPacker(packer, made(sindri.folder))).toEqual({ status: 0, stdout: '' })
      execFileSync('packer', ['fmt', '-check', '-diff', cloud], { cwd: sindri.folder })
    })

    test('plain Packer wants credentials, and they are in no file', async () => {
      const [, packer] = possible[0] ?? []
      const { status, stdout } = await plainPacker(packer ?? {}, {})
      expect(status).toBe(1)
      expect(stdout).toContain(missing)
    })

    test.each(possible)('validate finds the template for %s valid without an account', async (_title, packer) => {
      await write(cloud, packer)
      const result: ValidateResult = await sindri.json('vm', 'validate', '--sindri-version', '3.1.0')
      expect(result).toMatchObject({ valid: true, packer: '1.6.6', errors: [] })
    })

    test.each(impossible)('init, validate and dry run refuse %s and say what is needed', async (_title, packer) => {
      await write(cloud, packer)
      for (const command of [['init', '--output', 'none'], ['validate'], ['build', '--dry-run']]) {
        const { code, stderr, stdout } = await sindri.run('vm', ...command, '--sindri-version', '3.1.0')
        expect({ command, code, stdout }).toEqual({ command, code: 3, stdout: '' })
        expect(stderr).toContain(`Packer 1.6.6 does not know ${needed}`)
        expect(stderr).toContain('install Packer 1.9 or newer, or')
      }
    })

    test('a mistake that only the builder finds is told', async () => {
      const [, packer] = possible[0] ?? []
      await write(cloud, { ...packer, build: { ...Object(packer?.build), ssh_timeout: '9999999999h' } })
      const { code, stderr } = await sindri.run('vm', 'validate', '--sindri-version', '3.1.0')
      expect(code).toBe(1)
      expect(stderr).toContain('Packer 1.6.6 refuses the template')
    })
  })
})

const current = currentPacker()
const outdated = current === undefined && process.env.CI !== 'true' ? 'run npm run parts' : undefined

/** Plugin 1.1.2 is the newest released, and keys of one's own came after it. */
const unreleased = /"kms_key_/

describe.skipIf(outdated !== undefined)(`the packer of npm run parts (${outdated ?? 'offline'})`, () => {
  beforeAll(async () => {
    sindri = await openSindri(current)
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  describe.each(clouds)('$cloud', ({ cloud, matrix }) => {
    test.each(Object.entries(matrix).filter(([, packer]) => !unreleased.test(JSON.stringify(packer))))(
      'finds the template for %s valid',
      async (_title, packer) => {
        await write(cloud, packer)
        const result: ValidateResult = await sindri.json('vm', 'validate', '--sindri-version', '3.1.0')
        expect(result).toMatchObject({ valid: true, errors: [] })
        expect(result.packer).not.toBe('1.6.6')
      },
    )
  })
})
