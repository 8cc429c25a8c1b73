import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BuildResult } from '../../src/actions/build/build.ts'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { CloudId } from '../../src/clouds/cloud.ts'
import { rehearsedClouds } from '../../src/rehearsal/clouds.ts'
import { missingPart, openSindri, type Sindri, ssh, startProgram } from './sindri.ts'

const missing = await missingPart()

/** What an image's id looks like. */
const ids: Readonly<Record<CloudId, RegExp>> = {
  aws: /^ami-[0-9a-f]{17}$/,
  azure: /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/Microsoft\.Compute\/images\/[^/]+$/,
  gcp: /^sindri-dev-\d{10}$/,
  oci: /^ocid1\.image\.oc1\.[a-z]+\.[a-z0-9]+$/,
  alibaba: /^m-[a-z0-9]{20}$/,
}
const clouds = Object.keys(ids) as readonly CloudId[] // its keys are those of the type

interface Several {
  readonly builds: Readonly<Record<string, BuildResult>>
  readonly failed: readonly { readonly cloud: string; readonly error: string }[]
}

const cli = join(import.meta.dirname, '../../bin/sindri.js')
const withGit = ['--profile', 'minimal', '--extensions', 'git']
let sindri: Sindri

/** The throw-away credentials with a secret that is not theirs, and what a message names them by. */
async function wrongSecrets(): Promise<Readonly<Record<CloudId, readonly [Record<string, string>, source: string]>>> {
  const all: Record<string, string> = await sindri.json('rehearsal', 'env')
  const own = (cloud: CloudId): Record<string, string> => {
    const names: readonly string[] = rehearsedClouds[cloud].own
    return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
  }
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const pem = join(sindri.folder, 'another.pem')
  await writeFile(pem, privateKey, { mode: 0o600 })
  const account = JSON.parse(await readFile(all.GOOGLE_APPLICATION_CREDENTIALS ?? '', 'utf8'))
  const key = join(sindri.folder, 'another.json')
  await writeFile(key, JSON.stringify({ ...account, private_key: privateKey }), { mode: 0o600 })
  return {
    aws: [{ ...own('aws'), AWS_SECRET_ACCESS_KEY: 'wrong' }, 'AWS_ACCESS_KEY_ID'],
    azure: [{ ...own('azure'), AZURE_CLIENT_SECRET: 'wrong' }, 'AZURE_CLIENT_ID'],
    gcp: [{ GOOGLE_APPLICATION_CREDENTIALS: key }, key],
    oci: [{ ...own('oci'), OCI_CLI_KEY_FILE: pem }, 'OCI_CLI_USER'],
    alibaba: [{ ...own('alibaba'), ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'wrong' }, 'ALIBABA_CLOUD_ACCESS_KEY_ID'],
  }
}

describe.skipIf(missing !== undefined)(`all clouds at once, rehearsed (${missing ?? 'with real instances'})`, () => {
  let builds: Several['builds']

  beforeAll(async () => {
    sindri = await openSindri()
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('without any config, one command builds an image in each', async () => {
    const several: Several = await sindri.json('vm', 'build', '--cloud', 'all', '--rehearse', ...withGit)
    expect(several.failed).toEqual([])
    builds = several.builds
    expect(Object.keys(builds).sort()).toEqual(clouds.toSorted())
    for (const cloud of clouds) expect(builds[cloud]?.image_id).toMatch(ids[cloud])
  })

  test('list shows all of them', async () => {
    const { images }: { images: Record<string, readonly { id: string }[]> } = await sindri.json(
      ...['vm', 'list', '--cloud', 'all', '--rehearse'],
    )
    for (const cloud of clouds) expect(images[cloud]).toMatchObject([{ id: builds[cloud]?.image_id }])
  })

  test.each(clouds)('on %s it is deployed, logged into, terminated and deleted', async (cloud) => {
    const image = builds[cloud]?.image_id ?? ''
    const deployment: Deployment = await sindri.json('vm', 'deploy', '--cloud', cloud, image, '--rehearse')
    await expect
      .poll(() => ssh(deployment, 'sindri extension validate'), { timeout: 60_000 })
      .toMatch(/^git +\S+ +works$/m)
    const instance = deployment.instance_id
    await sindri.json('vm', 'terminate', '--cloud', cloud, instance, '--force', '--rehearse')
    await sindri.json('vm', 'delete', '--cloud', cloud, image, '--force', '--rehearse')
  })

  test('nothing is left', async () => {
    const { resources } = await sindri.status()
    expect(Object.values(resources).flatMap((held) => Object.keys(held))).toEqual([])
  })

  test.each(clouds)('on %s a wrong secret ends a build before it begins, and its source is named', async (cloud) => {
    const [variables, source] = (await wrongSecrets())[cloud]
    const env = { ...process.env, ...variables, SINDRI_HOME: sindri.home }
    const words = ['vm', 'build', '--cloud', cloud, '--rehearse', '--profile', 'minimal']
    const { code, stderr } = await startProgram(process.execPath, [cli, ...words], sindri.folder, env).ended
    expect(stderr).toContain(source)
    expect(code).toBe(3)
  })

  test('an extension that fails ends every build, is named with its log, and leaves nothing', async () => {
    // Instances reach the mirrors of packages and nothing else, so what is downloaded fails.
    const { code, stdout } = await sindri.run(
      ...['vm', 'build', '--cloud', 'all', '--rehearse', '--profile', 'minimal', '--extensions', 'terraform', '--json'],
    )
    expect(code).toBe(1)
    const { builds: none, failed }: Several = JSON.parse(stdout)
    expect(none).toEqual({})
    expect(failed.map(({ cloud }) => cloud).sort()).toEqual(clouds.toSorted())
    for (const one of failed) {
      expect(JSON.stringify(one)).toContain('terraform')
      expect(JSON.stringify(one)).toMatch(/log/)
    }
    const { resources } = await sindri.status()
    expect(Object.values(resources).flatMap((held) => Object.keys(held))).toEqual([])
  })
})
