import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Deployment } from '../../src/actions/deploy.ts'
import type { PublishResult } from '../../src/actions/publish/publish.ts'
import type { VerifyResult } from '../../src/actions/publish/verify.ts'
import { openPageBlobs } from '../../src/clouds/azure/api-blobs.ts'
import type { PageBlobs } from '../../src/clouds/azure/disk-port.ts'
import { pageSink } from '../../src/clouds/azure/page-sink.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openDisk } from '../../src/disk/open-disk.ts'
import { installDial } from '../../src/rehearsal/dial.ts'
import { openAuthority } from '../../src/rehearsal/kit/authority.ts'
import { sender } from '../../src/transfer/send.ts'
import { azIsMissing, openAz } from './azure-cli.ts'
import { freePort } from './free-port.ts'
import { killedPublish, missingPart, openSindri, type Sindri, ssh } from './sindri.ts'

const run = promisify(execFile)
const parts = process.env.SINDRI_PARTS ?? ''
const azurite = join(parts, 'azurite/node_modules/azurite/dist/src/blob/main.js')
const account = 'devstoreaccount1'
const host = `${account}.blob.core.windows.net`
const mib = 1024 * 1024

/** Azurite looks at who gave a token out, for what and until when, and at no signature. */
function tokenFor(audience: string): string {
  const seconds = Math.floor(Date.now() / 1000)
  const claims = {
    aud: audience,
    iss: 'https://sts.windows.net/t/',
    iat: seconds,
    nbf: seconds - 60,
    exp: seconds + 600,
  }
  const words = [{ alg: 'RS256', typ: 'JWT' }, claims].map((one) =>
    Buffer.from(JSON.stringify(one)).toString('base64url'),
  )
  return [...words, 'unsigned'].join('.')
}

describe.skipIf(process.env.CI === undefined && !existsSync(azurite))('Azurite (needs npm run parts)', () => {
  let folder: string
  let server: ChildProcess
  const blobs = (audience = 'https://storage.azure.com'): PageBlobs =>
    openPageBlobs(async () => tokenFor(audience), 'the test')
  const blob = { account, container: 'sindri-disks', name: 'golden-1.4.2-debian12 one.vhd' }
  const ask = (path: string, method = 'GET') =>
    fetch(`https://${host}${path}`, {
      method,
      headers: { authorization: `Bearer ${tokenFor('https://storage.azure.com')}`, 'x-ms-version': '2021-12-02' },
    })

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
    const made = () =>
      ask(`/${blob.container}?restype=container`, 'PUT').then(({ status }) => expect([201, 409]).toContain(status))
    await vi.waitFor(made, { timeout: 60_000, interval: 100 })
  })

  afterAll(async () => {
    const ended = once(server, 'exit')
    server.kill()
    await ended
    await rm(folder, { recursive: true })
  })

  /** A disk of 9 MiB and some bytes, with something here and there. */
  async function disk(): Promise<string> {
    const bytes = Buffer.alloc(9 * mib + 1000)
    bytes.writeUInt16BE(0x55aa, 510)
    for (const at of [300_000, 4 * mib - 10, 6 * mib, 9 * mib + 900]) bytes.fill('something', at, at + 100)
    const file = join(folder, 'disk.raw')
    await writeFile(file, bytes)
    return file
  }

  test('a disk is sent as pages, resumed without sending anything twice, and read by qemu-img as the same', async () => {
    const opened = await openDisk(await disk(), { folder })
    const sent: number[] = []
    const { signal } = new AbortController()
    const fill = sender({
      ...{ disk: opened, clock: systemClock, signal },
      emit: (event) => {
        if (event.type === 'progress' && event.bytes !== undefined) sent.push(event.bytes.sent)
      },
    })
    const record = { read: async () => new Set<number>(), write: async () => undefined }
    const api = blobs()
    await api.create(blob, 10 * mib + 512, { sindri_release: 'golden-1.4.2-debian12' })
    // The first two requests arrive; then the run ends.
    let left = 2
    const dying: PageBlobs = {
      ...api,
      async putPages(...words) {
        if (left-- === 0) throw new Error('killed')
        await api.putPages(...words)
      },
    }
    await expect(
      fill(
        'first',
        pageSink(dying, blob, async () => undefined),
        record,
      ),
    ).rejects.toThrow('killed')
    const before = (await api.ranges(blob)).reduce((sum, { length }) => sum + length, 0)
    expect(before).toBeGreaterThan(0)
    // Again: what is there is no error, and stays.
    await api.create(blob, 10 * mib + 512, {})
    const whole = () => api.setMetadata(blob, { sindri_whole: 'true' })
    await fill('second', pageSink(api, blob, whole), record)
    // Granules of 64 KiB: one each at the beginning, 300000, before and behind 4 MiB, 6 MiB and the end; and the footer.
    expect(before + (sent.at(-1) ?? 0)).toBe(6 * 64 * 1024 + 512)
    expect(await api.metadata(blob)).toMatchObject({ sindri_whole: 'true' })
    await opened.close()

    const arrived = Buffer.from(await (await ask(`/${blob.container}/${encodeURIComponent(blob.name)}`)).arrayBuffer())
    await writeFile(join(folder, 'arrived.vhd'), arrived)
    const info = JSON.parse(
      (await run('qemu-img', ['info', '-f', 'vpc', '--output=json', join(folder, 'arrived.vhd')])).stdout,
    )
    expect(info).toMatchObject({ format: 'vpc', 'virtual-size': 10 * mib })
    await run('qemu-img', ['compare', '-f', 'vpc', '-F', 'raw', join(folder, 'arrived.vhd'), join(folder, 'disk.raw')])
  })

  test('blobs are listed with what is written on them, and one that is gone is told as such', async () => {
    const api = blobs()
    const other = { ...blob, name: 'other.vhd' }
    await api.create(other, 512, { sindri_release: 'golden-1.4.3-debian12' })
    expect((await api.list(blob)).find(({ name }) => name === other.name)?.metadata).toEqual({
      sindri_release: 'golden-1.4.3-debian12',
    })
    await api.remove(other)
    await expect(api.remove(other)).rejects.toMatchObject({ code: 'not-found' })
    await expect(api.metadata(other)).rejects.toMatchObject({ code: 'not-found' })
    await expect(api.list({ account, container: 'none' })).rejects.toMatchObject({ code: 'not-found' })
  })

  test('pages that are not where pages are, and a token for something else, are refused in words', async () => {
    await expect(blobs().putPages(blob, 100, Buffer.alloc(512))).rejects.toThrow('containers/blobs/write')
    await expect(blobs('https://management.azure.com').metadata(blob)).rejects.toMatchObject({ code: 'denied' })
  })
})

const missing = await missingPart()
const [home, other] = ['westeurope', 'northeurope'] as const
const reader = '12345678-1234-1234-1234-123456789abc'

describe.skipIf(missing !== undefined)(`a finished Debian in a gallery (${missing ?? 'rehearsed'})`, () => {
  let sindri: Sindri
  let published: PublishResult
  const versions = async () => (await sindri.status()).resources.azure.images?.versions

  beforeAll(async () => {
    sindri = await openSindri()
    await sindri.putDebian()
    const azure = { regions: [home, other], resource_group: 'images', readers: [reader] }
    await sindri.release({ azure })
    const role: unknown = await sindri.json('vm', 'permissions', '--publish')
    await sindri.enforce(role)
  })

  afterAll(async () => {
    expect(await sindri.close()).toEqual([])
  })

  test('with the printed role, a publish that is killed in the middle is continued, and makes everything once', async () => {
    await killedPublish(sindri, 'PageBlobs.PutPage', 5)
    published = await sindri.json('vm', 'publish', '--rehearse')
    expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} principal ${reader}`,
      `${other} principal ${reader}`,
    ])
    expect(await versions()).toMatchObject([{ name: '1.4.2', state: 'Succeeded' }])
    const { requests, resources } = await sindri.status()
    expect(resources.azure.images?.blobs).toBeUndefined()
    expect(requests.filter(({ status }) => [403, 501].includes(status))).toEqual([])
    expect(await sindri.json('vm', 'publish', '--rehearse')).toMatchObject({ changed: [], sent_bytes: 0 })
    const verified: VerifyResult = await sindri.json('vm', 'verify', '--rehearse')
    expect(verified).toMatchObject({ drift: [], images: published.images })
  })

  test.skipIf(azIsMissing)(
    "Azure's own command line sees the version and its replicas; a reader it takes away is missed, by exit code 5",
    async () => {
      await sindri.json('rehearsal', 'up', '--policy', 'none')
      const ask = await openAz(sindri)
      const id = published.images[0]?.image_id ?? ''
      const inGallery = ['--resource-group', 'images', '--gallery-name', 'golden']
      const definition = ['--gallery-image-definition', 'golden-debian12']
      expect(await ask('sig', 'image-definition', 'show', ...inGallery, ...definition)).toMatchObject({
        ...{ hyperVGeneration: 'V2', architecture: 'x64', osType: 'Linux' },
        identifier: { publisher: 'golden', offer: 'debian12', sku: 'x64-gen2' },
      })
      const one = ['--gallery-image-version', '1.4.2', '--expand', 'ReplicationStatus']
      expect(await ask('sig', 'image-version', 'show', ...inGallery, ...definition, ...one)).toMatchObject({
        id,
        publishingProfile: { targetRegions: [{ name: home }, { name: other }], excludeFromLatest: false },
        replicationStatus: {
          aggregatedState: 'Completed',
          summary: [{ region: 'West Europe' }, { state: 'Completed' }],
        },
      })
      const assigned = `${id}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`
      const url = `https://management.azure.com${assigned}`
      const { value } = (await ask('rest', '--method', 'get', '--url', url)) as { value: { id: string }[] }
      const assignment = `https://management.azure.com${value[0]?.id}?api-version=2022-04-01`
      await ask('rest', '--method', 'delete', '--url', assignment)
      const { code, stdout } = await sindri.run('vm', 'verify', '--rehearse')
      expect(code).toBe(5)
      expect(stdout).toContain(`readers of the image in ${other}: is private, should be principal ${reader}`)
    },
  )

  test('an instance of the version runs', async () => {
    const words = [
      'vm',
      'deploy',
      published.images[0]?.image_id ?? '',
      '--cloud',
      'azure',
      '--region',
      home,
      '--rehearse',
    ]
    const deployment: Deployment = await sindri.json(...words)
    await expect.poll(() => ssh(deployment, 'cloud-init status --wait'), { timeout: 120_000 }).toContain('done')
    expect(await ssh(deployment, '. /etc/os-release; echo $ID$VERSION_ID')).toBe('debian12')
    await sindri.json('vm', 'terminate', deployment.instance_id, '--cloud', 'azure', '--force', '--rehearse')
  })

  test('unpublishing leaves nothing', async () => {
    await sindri.json('vm', 'unpublish', '--force', '--rehearse')
    expect((await sindri.status()).resources.azure).toEqual({})
  })
})
