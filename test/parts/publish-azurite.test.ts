import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { publish } from '../../src/actions/publish/publish.ts'
import { unpublish } from '../../src/actions/publish/unpublish.ts'
import { verify } from '../../src/actions/publish/verify.ts'
import type { AzureRecords } from '../../src/rehearsal/azure/records.ts'
import type { Answer, Request } from '../../src/rehearsal/kit/front.ts'
import { useRehearsal } from '../../src/rehearsal/rehearsal.fixture.ts'
import { contextIn } from '../publishing.ts'
import { writeBootableDisk } from './bootable-disk.ts'
import { type InFront, openInFront } from './in-front.ts'
import { type OtherServer, passOn, startServer } from './other-server.ts'

const azurite = join(process.env.SINDRI_PARTS ?? '', 'azurite/node_modules/azurite/dist/src/blob/main.js')
const missing = process.env.CI === undefined && !existsSync(azurite)
/** The account that Azurite has. */
const account = 'devstoreaccount1'
const host = `${account}.blob.core.windows.net`
const [home, other] = ['westeurope', 'northeurope'] as const
const reader = '12345678-1234-1234-1234-123456789abc'
const pieceBytes = 4 * 1024 * 1024
const version = { 'x-ms-version': '2021-12-02' }

/**
 * Blob Storage is Azurite: it checks tokens (for whom, until when), the MD5 of pages, where pages may be, and conditions.
 * Resource Manager is the stand-in, which has the containers made in Azurite and the VHD read from there: by its list of
 * pages, before a version is made of it. What Azurite lacks: it has no accounts, so that one of them cannot go away; it
 * takes pages of any size, and asks for no role.
 */
describe.skipIf(missing)('a finished disk in a gallery, by way of Azurite (npm run parts)', () => {
  const here = useRehearsal(
    () => {
      for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
    },
    () => Date.now(),
  )
  let server: OtherServer
  let front: InFront
  /** How many pages are still stored, before it is refused. */
  let left = Number.POSITIVE_INFINITY

  beforeEach(async () => {
    left = Number.POSITIVE_INFINITY
    const answerer =
      ({ rehearsed }: Pick<InFront, 'rehearsed'>) =>
      (request: Request) =>
        answer(request, rehearsed)
    front = await openInFront(here, answerer)
    const folder = join(here.folder, 'azurite')
    await mkdir(folder)
    const { key, cert } = front.authority.certificateFor(host)
    await Promise.all([writeFile(join(folder, 'key.pem'), key), writeFile(join(folder, 'cert.pem'), cert)])
    const secure = ['--oauth', 'basic', '--key', join(folder, 'key.pem'), '--cert', join(folder, 'cert.pem')]
    const quiet = ['--silent', '--disableTelemetry', '--location', folder]
    server = await startServer(process.execPath, (port) => [
      ...[azurite, '--blobHost', '127.0.0.1', '--blobPort', `${port}`, ...quiet, ...secure],
    ])
    return async () => {
      vi.unstubAllEnvs()
      await server.close()
      await front.close()
    }
  })

  /** Everything asked of Blob Storage goes to Azurite; what Resource Manager does there it does behind the client's back. */
  async function answer(request: Request, rehearsed: InFront['rehearsed']): Promise<Answer> {
    const { method, path, body } = request
    if (request.host === host) {
      const isPage = method === 'PUT' && request.query.get('comp') === 'page'
      if (isPage && left-- <= 0) return refused
      return passOn(request, { port: server.port, tls: true })
    }
    const container = /\/blobServices\/default\/containers\/([^/]+)$/.exec(path)?.[1]
    if (method === 'PUT' && container !== undefined) await blobs('PUT', `/${container}?restype=container`)
    const uri = /\/versions\/[^/]+$/.test(path) && /"uri":"([^"]+)"/.exec(body.toString())?.[1]
    if (method !== 'PUT' || typeof uri !== 'string') return rehearsed(request)
    const { pathname } = new URL(uri)
    const hasIt = (await handOver(pathname, rehearsed)) === 'there'
    const answered = await rehearsed(request)
    if (hasIt) await atStandIn(rehearsed)('DELETE', pathname)
    return answered
  }

  /** The rehearsal's own token for Storage, which Azurite takes as well. */
  async function token(): Promise<string> {
    const { AZURE_TENANT_ID, AZURE_CLIENT_ID = '', AZURE_CLIENT_SECRET = '' } = here.rehearsal.environment
    const body = new URLSearchParams({
      ...{ grant_type: 'client_credentials', scope: 'https://storage.azure.com/.default' },
      ...{ client_id: AZURE_CLIENT_ID, client_secret: AZURE_CLIENT_SECRET },
    })
    const url = `https://login.microsoftonline.com/${AZURE_TENANT_ID}/oauth2/v2.0/token`
    const { access_token: access } = (await (await fetch(url, { method: 'POST', body })).json()) as Record<
      string,
      string
    >
    return access ?? ''
  }

  type Ask = (method: string, target: string, headers?: Record<string, string>, body?: Buffer) => Promise<Answer>

  const asking =
    (send: (request: Request) => Promise<Answer>): Ask =>
    async (method, target, headers = {}, body = Buffer.alloc(0)) => {
      const { pathname: path, searchParams: query } = new URL(target, `https://${host}`)
      const own = { host, authorization: `Bearer ${await token()}`, ...version, ...headers }
      return send({ method, host, path, target, query, headers: own, body })
    }
  const blobs: Ask = (...words) => asking((request) => passOn(request, { port: server.port, tls: true }))(...words)
  const atStandIn = (rehearsed: InFront['rehearsed']): Ask => asking(rehearsed)

  /** Gives the stand-in the VHD that Azurite holds: the pages that were stored, and nothing else. */
  async function handOver(path: string, rehearsed: InFront['rehearsed']): Promise<'there' | 'none'> {
    const { status, headers } = await blobs('HEAD', path)
    if (status !== 200) return 'none'
    const standIn = atStandIn(rehearsed)
    const size = { 'x-ms-blob-type': 'PageBlob', 'x-ms-blob-content-length': headers['content-length'] ?? '' }
    expect(await standIn('PUT', path, size)).toMatchObject({ status: 201 })
    for (const { from, to } of await stored(path))
      for (let at = from; at <= to; at += pieceBytes) {
        const range = { 'x-ms-range': `bytes=${at}-${Math.min(to, at + pieceBytes - 1)}` }
        const { body } = await blobs('GET', path, range)
        const page = { ...range, 'x-ms-page-write': 'update' }
        expect(await standIn('PUT', `${path}?comp=page`, page, Buffer.from(body))).toMatchObject({ status: 201 })
      }
    return 'there'
  }

  /** What Azurite has of a blob. */
  async function stored(path: string): Promise<readonly { readonly from: number; readonly to: number }[]> {
    const { body } = await blobs('GET', `${path}?comp=pagelist`)
    const found = body.toString().matchAll(/<Start>(\d+)<\/Start>\s*<End>(\d+)<\/End>/g)
    return [...found].map(([, from, to]) => ({ from: Number(from), to: Number(to) }))
  }

  /** The blobs that Azurite has, with what is written on them. */
  async function blobsThere(): Promise<string> {
    const { body } = await blobs('GET', '/sindri-disks?restype=container&comp=list&include=metadata')
    return body.toString()
  }

  /** The digest of the disk that the version was made of, and its size. */
  async function versionDisk(id: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
    const folder = join(here.places.home, 'rehearsal/azure')
    const records: AzureRecords = JSON.parse(await readFile(join(folder, 'records.json'), 'utf8'))
    const { file = '' } = records.resources[id.toLowerCase()] ?? {}
    expect(await readdir(join(folder, 'disks'))).toEqual([file])
    const disk = await readFile(join(folder, 'disks', file))
    return { sha256: createHash('sha256').update(disk).digest('hex'), bytes: disk.length }
  }

  const context = (machine = 'state') => contextIn(here, { home: machine })

  test('published, broken off, gone on with, verified, published again and unpublished', async () => {
    await writeBootableDisk(join(here.folder, 'disk.raw'))
    const azure = { regions: [home, other], storage_account: account, readers: [reader] }
    const release = { version: '1.4.2', os: 'debian12', disk: 'disk.raw', targets: { azure } }
    await writeFile(join(here.folder, 'sindri.yaml'), JSON.stringify({ name: 'golden', release }))

    left = 3
    await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
    const [key, digest] = ['golden-1.4.2-debian12', /<sindri_disk>(\w{64})</.exec(await blobsThere())?.[1]]
    const path = `/sindri-disks/${key}-${digest?.slice(0, 12)}.vhd`
    const before = (await stored(path)).reduce((sum, { from, to }) => sum + to - from + 1, 0)
    expect(before).toBeGreaterThan(0)

    left = Number.POSITIVE_INFINITY
    const published = await publish({}, context())
    expect(published.disk_sha256).toBe(digest)
    expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} principal ${reader}`,
      `${other} principal ${reader}`,
    ])
    // What its boot loader tells; and every granule with something in it was sent once, and the footer.
    expect(published).toMatchObject({ architecture: 'arm64', firmware: 'uefi' })
    expect(before + published.sent_bytes).toBe((await granules(join(here.folder, 'disk.raw'))) * 64 * 1024 + 512)
    expect(await versionDisk(published.images[0]?.image_id ?? '')).toEqual({
      ...{ sha256: published.disk_sha256, bytes: 64 * 1024 * 1024 },
    })
    expect(await blobsThere()).not.toContain('<Blob>')

    expect(await verify({}, context())).toMatchObject({ drift: [], images: published.images })
    expect(await publish({}, context())).toMatchObject({ changed: [], sent_bytes: 0 })
    expect(await publish({}, context('another-machine'))).toMatchObject({
      ...{ changed: [], sent_bytes: 0, images: published.images, release: published.release },
    })
    const { removed } = await unpublish({ confirm: async () => true }, context())
    expect(removed).toHaveLength(2)
    expect(await blobsThere()).not.toContain('<Blob>')
  })
})

/** How many pieces of 64 KiB of a file are not all zeros. */
async function granules(file: string): Promise<number> {
  const bytes = await readFile(file)
  const zeros = Buffer.alloc(64 * 1024)
  const starts = Array.from({ length: bytes.length / zeros.length }, (_, index) => index * zeros.length)
  return starts.filter((at) => !bytes.subarray(at, at + zeros.length).equals(zeros)).length
}

/** As Blob Storage answers to whom a role was taken away. */
const refused: Answer = {
  status: 403,
  headers: { 'x-ms-error-code': 'AuthorizationPermissionMismatch' },
  body: '<Error><Code>AuthorizationPermissionMismatch</Code><Message>This request is not authorized.</Message></Error>',
}
