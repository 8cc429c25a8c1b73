import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { connectOpenStack } from '../src/clouds/openstack/api.ts'
import { openstackDiskTarget } from '../src/clouds/openstack/disk-target.ts'
import { glanceSink } from '../src/clouds/openstack/glance-sink.ts'
import { imageId } from '../src/clouds/openstack/image-id.ts'
import type { OpenStackCloud } from '../src/clouds/openstack/login.ts'
import type { OpenStackApi } from '../src/clouds/openstack/port.ts'
import { releaseOf } from '../src/config/release.ts'
import type { Clock } from '../src/core/clock.ts'
import { openAuthority } from '../src/rehearsal/kit/authority.ts'

// What Keystone and Glance do when all is well is tried with the real ones, in test/parts/openstack.test.ts.

type Handler = (request: IncomingMessage, answer: ServerResponse, login: number) => void

interface Served {
  readonly api: OpenStackApi
  readonly cloud: OpenStackCloud
  readonly clock: Clock
  /** How often somebody logged in. */
  logins(): number
}

const signal = new AbortController().signal
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const token = (images: string, more: object = {}): string => {
  const endpoints = [{ interface: 'public', region_id: 'r1', url: images }]
  const project = { id: 'p1', name: 'images' }
  return JSON.stringify({ token: { project, user: { name: 'ada' }, catalog: [{ type: 'image', endpoints }], ...more } })
}

interface Setting {
  /** Of the catalogue's address, instead of nothing. */
  readonly below?: string
  readonly token?: object
  readonly beforeLogin?: () => Promise<void>
  readonly now?: () => number
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** A server that gives the token `t<n>` for the nth login, and answers everything else by `handler`. */
async function serve(handler: Handler, setting: Setting = {}): Promise<Served> {
  let logins = 0
  const listener = async (request: IncomingMessage, answer: ServerResponse): Promise<void> => {
    if (request.url !== '/v3/auth/tokens') return handler(request, answer, logins)
    const mine = ++logins
    await setting.beforeLogin?.()
    answer.writeHead(201, { 'content-type': 'application/json', 'x-subject-token': `t${mine}` })
    answer.end(token(`${address}${setting.below ?? ''}`, setting.token))
  }
  const server = setting.tls === undefined ? createServer(listener) : createSecureServer(setting.tls, listener)
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const port = typeof bound === 'object' ? bound?.port : 0
  const address = setting.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`
  const cloud: OpenStackCloud = {
    source: 'cloud "one" of /c.yaml',
    identityUrl: `${address}/v3`,
    login: { kind: 'token', token: 'first', project: undefined },
    regions: [],
    interface: 'public',
    imageUrl: undefined,
    trust: { verify: true, cacert: undefined, cert: undefined, key: undefined },
  }
  const clock: Clock = { now: setting.now ?? Date.now, sleep: async (_, until) => until?.throwIfAborted() }
  return { api: connectOpenStack(cloud, {}, clock), cloud, clock, logins: () => logins }
}

function json(answer: ServerResponse, value: unknown, status = 200): void {
  answer.writeHead(status, { 'content-type': 'application/json' })
  answer.end(JSON.stringify(value))
}

async function* megabytes(count: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < count; at++) yield Buffer.alloc(1024 * 1024, at)
}

describe('requests', () => {
  test('what is throttled or out of order for a moment is asked again', async () => {
    const statuses = [429, 503, 200]
    const { api } = await serve((_, answer) => json(answer, { id: 'i', status: 'active' }, statuses.shift()))
    expect((await api.images('r1').get('i', signal)).status).toBe('active')
    expect(statuses).toEqual([])
  })

  test('what stays out of order is given up', async () => {
    const { api } = await serve((_, answer) => json(answer, {}, 503))
    await expect(api.images('r1').get('i', signal)).rejects.toMatchObject({ code: 'timeout' })
  })

  test('a redirect is not followed, and the token goes nowhere else', async () => {
    const seen: string[] = []
    const other = await serve((request, answer) => {
      seen.push(request.url ?? '')
      json(answer, {})
    })
    const elsewhere = other.cloud.identityUrl.replace('/v3', '/v2/images/i')
    const { api } = await serve((_, answer) => answer.writeHead(302, { location: elsewhere }).end())
    await expect(api.images('r1').get('i', signal)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('302'),
    })
    expect(seen).toEqual([])
  })

  test('an answer without end is refused', async () => {
    const { api } = await serve((_, answer) => {
      const more = (): void => {
        while (answer.write(Buffer.alloc(1024 * 1024)));
      }
      answer.on('drain', more)
      more()
    })
    await expect(api.images('r1').get('i', signal)).rejects.toMatchObject({
      code: 'failed',
      hint: 'is this OpenStack?',
    })
  })

  test('a list that never ends is refused', async () => {
    let page = 0
    const { api } = await serve((_, answer) => json(answer, { images: [], next: `/v2/images?marker=${++page}` }))
    await expect(api.images('r1').find({}, signal)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('pages'),
    })
  })

  test("Glance may live below a path; its next page's path is below it too", async () => {
    const seen: string[] = []
    const { api } = await serve(
      (request, answer) => {
        seen.push(request.url?.split('?')[0] ?? '')
        json(answer, { images: [], ...(seen.length === 1 && { next: '/v2/images?marker=1' }) })
      },
      { below: '/image/v2/' },
    )
    await api.images('r1').find({}, signal)
    expect(seen).toEqual(['/image/v2/images', '/image/v2/images', '/image/v2/images'])
  })
})

test('an address that the cloud gives for all regions is asked under the region’s own name', async () => {
  const seen: string[] = []
  const { cloud, clock } = await serve((request, answer) => {
    seen.push(request.url ?? '')
    json(answer, { id: 'i' })
  })
  const imageUrl = `${cloud.identityUrl.replace('/v3', '')}/{region_name}/v2`
  await connectOpenStack({ ...cloud, imageUrl }, {}, clock)
    .images('north')
    .get('i', signal)
  expect(seen).toEqual(['/north/v2/images/i'])
})

test('an image that somebody else is at for ever is given up, and the hint says how to go on', async () => {
  const { api } = await serve((_, answer) => json(answer, { id: 'i', status: 'saving' }))
  const sink = glanceSink(api.images('r1'), 'i', { format: 'raw', direct: false, patienceMs: 1 })
  await expect(sink.write(() => megabytes(1), 1024 * 1024)).rejects.toMatchObject({
    code: 'failed',
    hint: expect.stringContaining('openstack image delete i'),
  })
})

test('a quota that is used up, and an import that is not offered, are told before anything is sent', async () => {
  const usage = { image_count_total: { usage: 10, limit: 10 }, image_size_total: { usage: 5, limit: -1 } }
  const { api } = await serve((request, answer) => {
    if (request.url === '/v2/info/usage') json(answer, { usage })
    else if (request.url === '/v2/info/import') json(answer, { 'import-methods': { value: ['glance-direct'] } })
    else json(answer, { images: [] })
  })
  const web = { import: 'web-download', import_url: 'https://x.example/d', import_sha512: 'f'.repeat(128) } as const
  const config = { name: 'golden', release: { version: '1', targets: { openstack: { regions: ['r1'], ...web } } } }
  const { targets } = releaseOf(config, {})
  if (targets.openstack === undefined) throw new Error('no settings')
  const disk = { digest: 'd', sizeBytes: 1, architecture: 'arm64', firmware: 'bios' } as const
  const named = { key: 'golden-1-debian12', name: 'golden', project: 'golden', version: '1', os: 'debian12' }
  const found = await openstackDiskTarget(api, targets.openstack).preflight({ ...named, disk, audience: 'private' })
  expect(found.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    expect.stringContaining('error: machines with arm64 boot by UEFI alone'),
    'error: r1 does not offer web-download: its import methods are glance-direct',
    'error: the project has used up image_count_total in r1: 10 of 10',
  ])
})

describe('tokens', () => {
  test('calls side by side log in once', async () => {
    const { api, logins } = await serve((_, answer) => json(answer, { id: 'i' }))
    await Promise.all(['a', 'b', 'c'].map((id) => api.images('r1').get(id, signal)))
    expect(logins()).toBe(1)
  })

  test('whoever gives up takes nobody else along', async () => {
    const first = new AbortController()
    const arrived = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const beforeLogin = (): Promise<void> => {
      arrived.resolve()
      return go.promise
    }
    const { api, logins } = await serve((_, answer) => json(answer, { id: 'i' }), { beforeLogin })
    const given = api.identity(first.signal)
    const waiting = api.identity(signal)
    await arrived.promise
    first.abort(new Error('given up'))
    await expect(given).rejects.toThrow('given up')
    go.resolve()
    expect((await waiting).user).toBe('ada')
    expect(logins()).toBe(2)
  })

  test('one that is refused is renewed once, and refused again is told of', async () => {
    const { api, logins } = await serve((request, answer, login) => {
      if (request.headers['x-auth-token'] === 't1' || login > 2) answer.writeHead(401).end()
      else json(answer, { id: 'i' })
    })
    await api.images('r1').get('i', signal)
    expect(logins()).toBe(2)
    const never = await serve((_, answer) => answer.writeHead(401).end())
    await expect(never.api.images('r1').get('i', signal)).rejects.toMatchObject({
      code: 'credentials',
      message: expect.stringContaining('cloud "one" of /c.yaml'),
    })
    expect(never.logins()).toBe(2)
  })

  test('one that is about to end is not used', async () => {
    let now = Date.parse('2026-11-01T00:00:00Z')
    const { api, logins } = await serve((_, answer) => json(answer, { id: 'i' }), {
      now: () => now,
      token: { expires_at: '2026-11-01T01:00:00.000000Z' },
    })
    await api.images('r1').get('i', signal)
    now += 58 * 60_000
    await api.images('r1').get('i', signal)
    expect(logins()).toBe(1)
    now += 60_001
    await api.images('r1').get('i', signal)
    expect(logins()).toBe(2)
  })

  test('one of no project is of no use', async () => {
    const { api } = await serve(() => {}, { token: { project: undefined } })
    await expect(api.identity(signal)).rejects.toMatchObject({
      code: 'credentials',
      hint: 'set project_name or project_id',
    })
  })
})

describe('bytes', () => {
  /** Takes what is put, and then shows an image of these. */
  const glance =
    (image: object): Handler =>
    (request, answer) => {
      if (request.method !== 'PUT') return json(answer, { id: 'i', status: 'active', ...image })
      request.resume().on('end', () => answer.writeHead(204).end())
    }
  const two = createHash('sha512')
    .update(Buffer.alloc(1024 * 1024, 0))
    .update(Buffer.alloc(1024 * 1024, 1))
    .digest('hex')

  test.each([
    [{ os_hash_algo: 'sha512', os_hash_value: two, size: 1 }, undefined],
    [{ os_hash_algo: 'sha512', os_hash_value: two.replace(/^./, 'x') }, /x.* and sha512/],
    [{ os_hash_algo: 'sha256', os_hash_value: 'abc', size: 2 * 1024 * 1024 }, undefined],
    [{ os_hash_algo: 'sha256', os_hash_value: 'abc', size: 1024 * 1024 }, /sha256 abc/],
    [{ size: 1024 * 1024 }, /1048576 bytes/],
  ])('what is stored is compared with what was sent: %o', async (image, problem) => {
    const { api } = await serve(glance(image))
    const sending = api.images('r1').upload('i', { bytes: megabytes(2), length: 2 * 1024 * 1024 }, signal)
    if (problem === undefined) expect(await sending).toEqual({ bytes: 2 * 1024 * 1024, sha512: two })
    else await expect(sending).rejects.toMatchObject({ code: 'failed', message: expect.stringMatching(problem) })
  })

  test('a refusal that comes early ends the sending', async () => {
    let given = 0
    let stopped = false
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) {
          given++
          yield Buffer.alloc(1024 * 1024)
        }
      } finally {
        stopped = true
      }
    }
    const { api } = await serve((request, answer) => {
      if (request.method === 'PUT') answer.writeHead(413).end('<h1>413</h1>the quota of images is used up')
      else json(answer, { id: 'i', status: 'queued' })
    })
    const body = { bytes: endless(), length: 1024 ** 4 }
    await expect(api.images('r1').upload('i', body, signal)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('the quota of images is used up'),
    })
    expect(stopped).toBe(true)
    expect(given).toBeLessThan(1024)
  })

  test('sending ends with the signal', async () => {
    const over = new AbortController()
    async function* endless(): AsyncGenerator<Buffer> {
      for (let at = 0; ; at++) {
        if (at === 5) over.abort(new Error('enough'))
        yield Buffer.alloc(1024 * 1024)
      }
    }
    const { api } = await serve((request, answer) => {
      if (request.method === 'PUT') request.resume()
      else json(answer, { id: 'i', status: 'queued' })
    })
    await expect(api.images('r1').upload('i', { bytes: endless(), length: undefined }, over.signal)).rejects.toThrow(
      'enough',
    )
  })

  test.each(['killed', 'deleted', 'pending_delete', 'deactivated'])(
    'an image that is %s is not waited for',
    async (status) => {
      const { api } = await serve((_, answer) => json(answer, { id: 'i', status }))
      await expect(api.images('r1').active('i', signal)).rejects.toMatchObject({
        code: 'failed',
        message: expect.stringContaining(status),
      })
    },
  )
})

test('a certificate authority of the cloud’s own is trusted when the cloud names it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-ca-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  const authority = openAuthority({ folder, domains: ['localhost'], now: Date.now() })
  const { cloud, clock } = await serve(() => {}, { tls: authority.certificateFor('localhost') })
  const identity = (trust: Partial<OpenStackCloud['trust']>) =>
    connectOpenStack({ ...cloud, trust: { ...cloud.trust, ...trust } }, {}, clock).identity(signal)
  expect((await identity({ cacert: authority.caFile })).user).toBe('ada')
  expect((await identity({ verify: false })).user).toBe('ada')
  await expect(identity({})).rejects.toMatchObject({ code: 'failed', hint: expect.stringContaining('set cacert') })
  await expect(async () => identity({ cacert: '/no/such.pem' })).rejects.toMatchObject({
    code: 'credentials',
    message: expect.stringContaining('/no/such.pem'),
  })
})

test('an image id is a UUID, the same for the same token', () => {
  expect(imageId('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(imageId('a')).toBe(imageId('a'))
  expect(imageId('a')).not.toBe(imageId('b'))
})
