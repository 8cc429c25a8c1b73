import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import { connectGcpDisk } from '../../src/clouds/gcp/disk-api.ts'
import type { GcpDiskApi } from '../../src/clouds/gcp/disk-port.ts'
import { objectSink } from '../../src/clouds/gcp/object-sink.ts'
import type { Status } from '../../src/rehearsal/index.ts'
import { useRehearsal } from '../../src/rehearsal/rehearsal.fixture.ts'
import { freePort } from './free-port.ts'
import { killedPublish, missingPart, openSindri, type Sindri, ssh } from './sindri.ts'

const run = promisify(execFile)
const inCi = process.env.CI === 'true'
const fakeGcs = join(process.env.SINDRI_PARTS ?? '', 'fake-gcs-server')

describe.skipIf(!inCi && !existsSync(fakeGcs))('our Cloud Storage against fake-gcs-server (npm run parts)', () => {
  const here = useRehearsal()
  const metadata = { release: 'golden' }
  let server: ChildProcess
  let api: GcpDiskApi

  beforeEach(async () => {
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
      return real(`${root}${to.pathname}${to.search}`, options)
    })
    api = connectGcpDisk({ project: 'my-project-1', environment: here.rehearsal.environment })
    await vi.waitFor(async () => expect((await real(`${root}/_internal/healthcheck`)).ok).toBe(true), {
      ...{ timeout: 20_000, interval: 50 },
    })
    return () => {
      vi.unstubAllGlobals()
      vi.unstubAllEnvs()
      server.kill()
    }
  })

  const bytes = randomBytes(40 * 1024 * 1024)
  const md5 = createHash('md5').update(bytes).digest('base64')

  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1_000_003) yield bytes.subarray(at, at + 1_000_003)
  }

  test('a stream arrives whole in pieces, with its md5, and is removed', async () => {
    await api.insertBucket('disks', 'us-central1', { 'sindri-managed': 'true' })
    expect(await api.bucket('disks')).toMatchObject({ name: 'disks', location: 'us-central1' })
    const upload = await api.beginUpload('disks', 'disk.tar.gz', metadata)
    // How far an upload is it cannot be asked: it takes that for the end.
    const sink = objectSink(api, { bucket: 'disks', name: 'disk.tar.gz', metadata, upload, fresh: true })
    expect(await sink.write(pieces, undefined)).toBe(bytes.length)
    expect(await api.objects('disks', 'disk')).toEqual([
      { name: 'disk.tar.gz', sizeBytes: bytes.length, md5, metadata: { ...metadata, 'sindri-md5': md5 } },
    ])
    await api.deleteObject('disks', 'disk.tar.gz')
    expect(await api.objects('disks', 'disk')).toEqual([])
    await api.deleteBucket('disks')
    expect(await api.bucket('disks')).toBeUndefined()
    await expect(api.deleteBucket('disks')).rejects.toMatchObject({ code: 'not-found' })
    expect(await api.objects('disks', 'disk')).toEqual([])
  })
})

const missing = await missingPart()
const project = 'sindri-rehearsal'
const [home, other] = ['europe-west1', 'us'] as const
const reader = 'group:team@example.com'
const zone = 'europe-west1-b'
const gcloud = await run('gcloud', ['--version']).then(
  () => true,
  () => false,
)

describe.skipIf(missing !== undefined)(
  `a finished Debian, published to Google Cloud (${missing ?? 'rehearsed'})`,
  () => {
    let sindri: Sindri
    let published: PublishResult

    beforeAll(async () => {
      sindri = await openSindri()
      await sindri.putDebian()
      const gcp = {
        regions: [home, other],
        project_id: project,
        bucket: 'golden-disks',
        readers: [reader],
        family: 'golden',
      }
      await sindri.release({ gcp })
    })

    afterAll(async () => {
      expect(await sindri.close()).toEqual([])
    })

    async function held(): Promise<Status['resources']['gcp'][string] | undefined> {
      return (await sindri.status()).resources.gcp[project]
    }

    test('with the printed role and nothing else a publish that is killed is gone on with, and makes everything once', async () => {
      await sindri.enforce(await sindri.json('vm', 'permissions', '--publish', '--cloud', 'gcp'))
      await killedPublish(sindri, 'storage.objects.upload', 1)
      published = await sindri.json('vm', 'publish', '--rehearse')
      expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
        `${home} ${reader}`,
        `${other} ${reader}`,
      ])
      // What had arrived before was not sent again.
      const { requests } = await sindri.status()
      const pieces = requests.filter(
        ({ operation, status }) => operation === 'storage.objects.upload' && status === 308,
      )
      expect(published.sent_bytes).toBeLessThan(pieces.length * 16 * 1024 * 1024)
      expect(requests.filter(({ status }) => status === 403 || status === 501)).toEqual([])
      expect(await held()).toMatchObject({
        images: published.images.map(({ image_id: name }) => ({ name, state: 'READY' })),
        buckets: [{ name: 'golden-disks', objects: [] }],
      })
      expect(await sindri.json('vm', 'verify', '--rehearse')).toMatchObject({ drift: [] })
      expect(await sindri.json('vm', 'publish', '--rehearse')).toMatchObject({ changed: [], sent_bytes: 0 })
    })

    test('the image in the other location is that disk: an instance of it runs', async () => {
      await sindri.json('rehearsal', 'up', '--policy', 'none')
      const id = published.images[1]?.image_id ?? ''
      const where = ['--cloud', 'gcp', '--region', zone, '--rehearse']
      const deployment: Deployment = await sindri.json('vm', 'deploy', id, '--ssh-user', 'debian', ...where)
      await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
      expect(await ssh(deployment, '. /etc/os-release; echo $ID$VERSION_ID')).toBe('debian12')
      await sindri.json('vm', 'terminate', deployment.instance_id, '--force', ...where)
    })

    test.skipIf(!gcloud && !inCi)(
      'gcloud takes a reader away, and verify misses it; gcloud’s own upload becomes an image',
      async () => {
        const rehearsed: Record<string, string> = await sindri.json('rehearsal', 'env')
        const own = { CLOUDSDK_CONFIG: join(sindri.folder, 'gcloud'), CLOUDSDK_CORE_PROJECT: project }
        const env = { ...process.env, ...rehearsed, ...own, CLOUDSDK_CORE_DISABLE_PROMPTS: '1' }
        const ask = (...words: readonly string[]) => run('gcloud', words, { env, cwd: sindri.folder })
        const image = published.images[1]?.image_id ?? ''
        const role = ['--role', 'roles/compute.imageUser', '--member', reader]
        await ask('compute', 'images', 'remove-iam-policy-binding', image, ...role)
        const { code, stdout } = await sindri.run('vm', 'verify', '--rehearse')
        expect(code).toBe(5)
        expect(stdout).toContain(`readers of the image in ${other}: is private, should be ${reader}`)

        // Packed by GNU tar, sent by gcloud, which compares the checksums itself.
        await writeFile(join(sindri.folder, 'disk.raw'), randomBytes(10 * 1024 * 1024))
        execFileSync('truncate', ['-s', '1G', 'disk.raw'], { cwd: sindri.folder })
        execFileSync('tar', ['--format=oldgnu', '-Sczf', 'disk.tar.gz', 'disk.raw'], { cwd: sindri.folder })
        await ask('storage', 'cp', 'disk.tar.gz', 'gs://golden-disks/disk.tar.gz')
        const source = ['--source-uri', 'gs://golden-disks/disk.tar.gz', '--storage-location', 'eu']
        await ask('compute', 'images', 'create', 'by-gcloud', ...source)
        await ask('storage', 'rm', 'gs://golden-disks/disk.tar.gz')
        await ask('compute', 'images', 'delete', 'by-gcloud')
      },
    )

    test('unpublishing leaves nothing', async () => {
      await sindri.json('vm', 'unpublish', '--force', '--rehearse')
      expect(await held()).toBeUndefined()
    })
  },
)
