import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { publish } from '../../src/actions/publish/publish.ts'
import { unpublish } from '../../src/actions/publish/unpublish.ts'
import { verify } from '../../src/actions/publish/verify.ts'
import type { GcpRecords } from '../../src/rehearsal/gcp/records.ts'
import type { Answer, Request } from '../../src/rehearsal/kit/front.ts'
import { filesOf } from '../../src/rehearsal/places.ts'
import { useRehearsal } from '../../src/rehearsal/rehearsal.fixture.ts'
import { contextIn } from '../publishing.ts'
import { writeBootableDisk } from './bootable-disk.ts'
import { type InFront, openInFront } from './in-front.ts'
import { type OtherServer, passOn, startServer } from './other-server.ts'

const fakeGcs = join(process.env.SINDRI_PARTS ?? '', 'fake-gcs-server')
const missing = process.env.CI === undefined && !existsSync(fakeGcs)
const host = 'storage.googleapis.com'
const [home, other] = ['europe-west1', 'us'] as const
const reader = 'group:team@example.com'
const bucket = 'golden-disks'

/**
 * Cloud Storage is fake-gcs-server: it keeps buckets, resumable uploads and objects, their metadata and their md5. Compute
 * Engine and the logins are the stand-ins, which are given the object to make an image of as it is read from there. What
 * fake-gcs-server lacks: it forgets the labels of a bucket, which the door tells in its place; it checks no token, ends
 * an upload when it is asked how much of it has arrived, and has all buckets in one location.
 */
describe.skipIf(missing)('a finished disk in Google Cloud, by way of fake-gcs-server (npm run parts)', () => {
  const here = useRehearsal(
    () => {
      for (const [name, value] of Object.entries(here.rehearsal.environment)) vi.stubEnv(name, value)
    },
    () => Date.now(),
  )
  let server: OtherServer
  let front: InFront
  let labels: unknown
  /** How many pieces are still stored, before it is refused. */
  let left = Number.POSITIVE_INFINITY

  beforeEach(async () => {
    const words = ['-scheme', 'http', '-host', '127.0.0.1', '-backend', 'memory', '-external-url', `https://${host}`]
    server = await startServer(fakeGcs, (port) => [...words, '-port', `${port}`])
    const answerer =
      ({ rehearsed }: Pick<InFront, 'rehearsed'>) =>
      (request: Request) =>
        answer(request, rehearsed)
    front = await openInFront(here, answerer)
    return async () => {
      vi.unstubAllEnvs()
      await front.close()
      await server.close()
    }
  })

  const stored = (request: Request): Promise<Answer> => passOn(request, { port: server.port, tls: false })

  async function answer(request: Request, rehearsed: InFront['rehearsed']): Promise<Answer> {
    const { method, path } = request
    if (request.host === host) {
      if (method === 'PUT' && path.startsWith('/upload/') && left-- <= 0) return refused
      const answered = await stored(request)
      if (path !== '/storage/v1/b') return answered
      const told = JSON.parse(answered.body.toString())
      if (method === 'POST') labels = JSON.parse(request.body.toString()).labels
      else for (const one of told.items ?? []) one.labels = labels
      return { ...answered, body: JSON.stringify(told) }
    }
    const source = /"source":"https:\/\/storage\.googleapis\.com\/([^/"]+)\/([^"]+)"/.exec(request.body.toString())
    if (method !== 'POST' || !/\/global\/images$/.test(path) || source === null) return rehearsed(request)
    return withObject(request, decodeURIComponent(source[2] ?? ''), rehearsed)
  }

  /** Has the stand-in answer while it has the object, as fake-gcs-server tells it. */
  async function withObject(request: Request, name: string, rehearsed: InFront['rehearsed']): Promise<Answer> {
    const asking =
      (send: (request: Request) => Promise<Answer>) =>
      (method: string, target: string, body: string | Buffer = '', headers: Record<string, string> = {}) => {
        const { pathname: path, searchParams: query } = new URL(target, `https://${host}`)
        const own = {
          host,
          authorization: request.headers.authorization,
          'content-type': 'application/json',
          ...headers,
        }
        return send({ method, host, path, target: `${path}?${query}`, query, headers: own, body: Buffer.from(body) })
      }
    const [there, standIn] = [asking(stored), asking(rehearsed)]
    const object = `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`
    const { status, body } = await there('GET', `${object}?alt=media`)
    // What is not there the stand-in says itself.
    if (status !== 200) return rehearsed(request)
    await standIn('POST', '/storage/v1/b?project=sindri-rehearsal', JSON.stringify({ name: bucket }))
    const uploads = `/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${encodeURIComponent(name)}`
    const { headers } = await standIn('POST', uploads, '{}')
    const bytes = Buffer.from(body)
    const range = { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` }
    const sent = await standIn('PUT', headers.location ?? '', bytes, range)
    expect(JSON.parse(sent.body.toString()).md5Hash).toBe(createHash('md5').update(bytes).digest('base64'))
    const answered = await rehearsed(request)
    await standIn('DELETE', object)
    await standIn('DELETE', `/storage/v1/b/${bucket}`)
    return answered
  }

  /** What fake-gcs-server has below a path. */
  async function items(path: string): Promise<readonly Record<string, unknown>[]> {
    const { items = [] } = await (await fetch(`http://127.0.0.1:${server.port}/storage/v1/${path}`)).json()
    return items
  }

  /** The digest of what an image begins with. */
  async function digestOfImage(name: string, bytes: number): Promise<string> {
    const folder = join(filesOf(here.places).folder, 'gcp')
    const records: GcpRecords = JSON.parse(await readFile(join(folder, 'records.json'), 'utf8'))
    const { file = '' } = records.images[`projects/sindri-rehearsal/global/images/${name}`] ?? {}
    const disk = await open(join(folder, 'disks', file))
    const begin = Buffer.alloc(bytes)
    await disk.read(begin)
    await disk.close()
    return createHash('sha256').update(begin).digest('hex')
  }

  const context = (machine = 'state') => contextIn(here, { home: machine })

  test('published, broken off, sent anew, verified, published again and unpublished', async () => {
    await writeBootableDisk(join(here.folder, 'disk.raw'))
    const gcp = { regions: [home, other], bucket, readers: [reader], family: 'golden' }
    const release = { version: '1.4.2', os: 'debian12', disk: 'disk.raw', targets: { gcp } }
    await writeFile(join(here.folder, 'sindri.yaml'), JSON.stringify({ name: 'golden', release }))

    left = 1
    await expect(publish({}, context())).rejects.toMatchObject({ code: 'denied' })
    expect(await items(`b/${bucket}/o`)).toEqual([])

    // Asked how much it has, it makes an object of the first 16 MiB: which is not the disk, and is not taken for it.
    left = Number.POSITIVE_INFINITY
    const published = await publish({}, context())
    expect(published.images.map(({ region, readers }) => `${region} ${readers}`)).toEqual([
      `${home} ${reader}`,
      `${other} ${reader}`,
    ])
    expect(published).toMatchObject({ architecture: 'arm64', firmware: 'uefi' })
    expect(published.sent_bytes).toBeGreaterThan(20 * 1024 * 1024)
    for (const { image_id: id } of published.images)
      expect(await digestOfImage(id, published.disk_bytes ?? 0)).toBe(published.disk_sha256)
    expect(await items(`b/${bucket}/o`)).toEqual([])

    expect(await verify({}, context())).toMatchObject({ drift: [], images: published.images })
    expect(await publish({}, context())).toMatchObject({ changed: [], sent_bytes: 0 })
    expect(await publish({}, context('another-machine'))).toMatchObject({
      ...{ changed: [], sent_bytes: 0, images: published.images, release: published.release },
    })
    const { removed } = await unpublish({ confirm: async () => true }, context())
    expect(removed).toHaveLength(2)
    expect(await items('b?project=sindri-rehearsal')).toEqual([])
  })
})

/** As Cloud Storage answers to whom a role was taken away. */
const refused: Answer = {
  status: 403,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: { code: 403, message: 'Denied.', errors: [{ reason: 'forbidden' }] } }),
}
