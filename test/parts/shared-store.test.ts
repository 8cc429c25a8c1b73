import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openS3Store } from '../../src/clouds/aws/store.ts'
import { openBlobStore } from '../../src/clouds/azure/store.ts'
import { openGcsStore } from '../../src/clouds/gcp/store.ts'
import { storeContract } from '../../src/clouds/store-contract.ts'
import { checkConditions } from '../../src/core/check-conditions.ts'
import { installDial } from '../../src/rehearsal/dial.ts'
import { openAuthority } from '../../src/rehearsal/kit/authority.ts'
import { useRehearsal } from '../../src/rehearsal/rehearsal.fixture.ts'
import { freePort } from './free-port.ts'

const parts = process.env.SINDRI_PARTS ?? ''
const lacks = (file: string): boolean => process.env.CI === undefined && !existsSync(file)
const moto = join(parts, 'moto/bin/moto_server')
const fakeGcs = join(parts, 'fake-gcs-server')
const azurite = join(parts, 'azurite/node_modules/azurite/dist/src/blob/main.js')

async function end(server: ChildProcess): Promise<void> {
  const ended = once(server, 'exit')
  server.kill()
  await ended
}

const patience = { timeout: 60_000, interval: 100 }

/** Each test has records of its own. */
let release = ''
let releases = 0
beforeEach(() => {
  release = `golden-${++releases}-debian12`
})

describe.skipIf(lacks(moto))('records in the S3 of moto (needs npm run parts)', () => {
  const place = { scheme: 's3', bucket: 'records', prefix: 'ci', region: 'eu-central-1' } as const
  let server: ChildProcess
  beforeAll(async () => {
    const port = await freePort()
    server = spawn(moto, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
    const root = `http://127.0.0.1:${port}`
    for (const [name, value] of Object.entries({
      ...{ AWS_ENDPOINT_URL: root, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    }))
      vi.stubEnv(name, value)
    await vi.waitFor(async () => expect((await fetch(`${root}/moto-api/`)).ok).toBe(true), patience)
    const client = new S3Client({ region: place.region, forcePathStyle: true })
    const where = { LocationConstraint: place.region }
    await client.send(new CreateBucketCommand({ Bucket: place.bucket, CreateBucketConfiguration: where }))
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await end(server)
  })

  storeContract(async () => openS3Store(place, release, process.env, false))

  test('a bucket that is not there is named', async () => {
    const store = openS3Store({ ...place, bucket: 'none' }, release, process.env, false)
    await expect(store.get('k')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('none') })
    store.close()
  })
})

describe.skipIf(lacks(azurite))('records in the block blobs of Azurite (needs npm run parts)', () => {
  const place = { scheme: 'azblob', account: 'devstoreaccount1', container: 'records', prefix: 'ci' } as const
  const host = `${place.account}.blob.core.windows.net`
  let folder: string
  let server: ChildProcess

  /** Azurite looks at who gave a token out, for what and until when, and at no signature. */
  const token = async (): Promise<string> => {
    const now = Math.floor(Date.now() / 1000)
    const times = { iat: now, nbf: now - 60, exp: now + 600 }
    const claims = { aud: 'https://storage.azure.com', iss: 'https://sts.windows.net/t/', ...times }
    const words = [{ alg: 'RS256', typ: 'JWT' }, claims].map((one) => JSON.stringify(one))
    return [...words.map((one) => Buffer.from(one).toString('base64url')), 'unsigned'].join('.')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sindri-azurite-'))
    const authority = openAuthority({ folder, domains: ['windows.net'], now: Date.now() })
    const { key, cert } = authority.certificateFor(host)
    await Promise.all([writeFile(join(folder, 'key.pem'), key), writeFile(join(folder, 'cert.pem'), cert)])
    const port = await freePort()
    const words = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder, '--silent']
    const secure = ['--oauth', 'basic', '--key', join(folder, 'key.pem'), '--cert', join(folder, 'cert.pem')]
    server = spawn(process.execPath, [azurite, ...words, ...secure, '--disableTelemetry'], { stdio: 'ignore' })
    installDial({ endpoint: 'http://127.0.0.1:1', tlsPort: port, caFile: authority.caFile })
    const made = async (): Promise<void> => {
      const headers = { authorization: `Bearer ${await token()}`, 'x-ms-version': '2021-12-02' }
      const { status } = await fetch(`https://${host}/${place.container}?restype=container`, { method: 'PUT', headers })
      expect([201, 409]).toContain(status)
    }
    await vi.waitFor(made, patience)
  })
  afterAll(async () => {
    await end(server)
    await rm(folder, { recursive: true })
  })

  storeContract(async () => openBlobStore(place, release, {}, false, token))

  test('a container that is not there is named', async () => {
    const store = openBlobStore({ ...place, container: 'none' }, release, {}, false, token)
    await expect(store.get('k')).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('none') })
    store.close()
  })
})

describe.skipIf(lacks(fakeGcs))('records in fake-gcs-server (needs npm run parts)', () => {
  const here = useRehearsal()
  const place = { scheme: 'gs', bucket: 'records', prefix: 'ci' } as const
  let server: ChildProcess
  /** What is between us and the server takes conditions away. */
  let careless = false

  beforeEach(async () => {
    careless = false
    const port = await freePort()
    const root = `http://127.0.0.1:${port}`
    const words = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port), '-backend', 'memory']
    server = spawn(fakeGcs, [...words, '-external-url', root], { stdio: 'ignore' })
    for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
    const real = fetch
    // Tokens come from the rehearsal; what is for Cloud Storage goes to the other server.
    vi.stubGlobal('fetch', (url: string | URL | Request, options?: RequestInit) => {
      const to = new URL(url instanceof Request ? url.url : url)
      if (to.host !== 'storage.googleapis.com') return real(url, options)
      if (careless) to.searchParams.delete('ifGenerationMatch')
      return real(`${root}${to.pathname}${to.search}`, options)
    })
    await vi.waitFor(async () => expect((await real(`${root}/_internal/healthcheck`)).ok).toBe(true), patience)
    const body = JSON.stringify({ name: place.bucket })
    const headers = { 'content-type': 'application/json' }
    await real(`${root}/storage/v1/b?project=p`, { method: 'POST', headers, body })
    return async () => {
      vi.unstubAllGlobals()
      vi.unstubAllEnvs()
      await end(server)
    }
  })

  const open = async () => openGcsStore(place, release, here.rehearsal.environment, false)
  storeContract(open)

  test('a store whose conditions do not arrive is found out before anything is written down in it', async () => {
    careless = true
    const store = await open()
    await expect(checkConditions(store, 'gs://records/ci')).rejects.toMatchObject({
      code: 'prerequisite',
      message: expect.stringMatching(/^gs:\/\/records\/ci does not keep conditions/),
    })
    store.close()
  })
})
