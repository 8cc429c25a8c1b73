import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Bytes } from '../disk/disk.ts'
import { openAuthority } from '../rehearsal/kit/authority.ts'
import { type FileServer, serveFile, tagOf } from './file-server.fixture.ts'
import { openHttpObject } from './http-object.ts'
import { remoteBytes } from './remote-bytes.ts'

const mib = 1 << 20
const content = randomBytes(9 * mib + 4321)
const hurried: Clock = { now: systemClock.now, sleep: async (_, signal) => signal?.throwIfAborted() }
const { signal } = new AbortController()
const world = { environment: {}, clock: hurried, signal }
let server: FileServer
let opened: Bytes | undefined

beforeEach(async () => {
  server = await serveFile(content)
})
afterEach(async () => {
  await opened?.close()
  opened = undefined
  await server.close()
})

async function open(url = server.url, more: object = {}): Promise<Bytes> {
  opened = remoteBytes(await openHttpObject(new URL(url), { ...world, ...more }), world)
  return opened
}

/** All of it, as the digest is made: in order, two reads at a time. */
async function readAll(bytes: Bytes, step = mib): Promise<Buffer> {
  const all = Buffer.alloc(bytes.sizeBytes)
  let before: Promise<void> | undefined
  for (let at = 0; at < all.length; at += step) {
    const reading = bytes.read(at, all.subarray(at, Math.min(at + step, all.length)))
    reading.catch(() => undefined)
    await before
    before = reading
  }
  await before
  return all
}

/** Answers the next request for more than the first byte in its own way, so many times. */
function disturb(answer: (request: IncomingMessage, response: ServerResponse) => void, times = 1): void {
  let left = times
  server.instead = (request, response) => {
    if (left === 0 || request.headers.range === 'bytes=0-0') return false
    left -= 1
    answer(request, response)
    return true
  }
}

const everyTime = Number.POSITIVE_INFINITY

/** What a server says of the range it was asked for. */
function partial({ headers }: IncomingMessage, more: object = {}): Record<string, string | number> {
  const range = headers.range?.replace('bytes=', 'bytes ')
  return { etag: tagOf(server.bytes), 'content-range': `${range}/${content.length}`, ...more }
}

test.each([mib, 512 * 1024, 4 * mib, 100_003])(
  'a file is read whole in steps of %i, and each byte once',
  async (step) => {
    const bytes = await open()
    expect((await readAll(bytes, step)).equals(content)).toBe(true)
    expect(server.sent).toBe(content.length + 1)
  },
)

test('small reads in one place ask once', async () => {
  const bytes = await open()
  const asked = server.ranges.length
  for (const at of [0, 512, 4096, 65_536]) {
    const into = Buffer.alloc(512)
    await bytes.read(at, into)
    expect(into.equals(content.subarray(at, at + 512))).toBe(true)
  }
  expect(server.ranges.slice(asked)).toEqual([`bytes=0-${mib - 1}`])
})

test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
  ['throttles', (_, response) => response.writeHead(429).end()],
  ['is busy', (_, response) => response.writeHead(503).end()],
  ['hangs up', (request) => request.socket.destroy()],
  [
    'stops in the middle',
    (request, response) => response.writeHead(206, partial(request)).end(content.subarray(0, 700_000)),
  ],
  [
    'breaks off in the middle',
    (request, response) => {
      response.writeHead(206, partial(request, { 'content-length': mib }))
      response.write(content.subarray(0, 300_000), () => request.socket.destroy())
    },
  ],
])('a server that %s is asked again, from where it was', async (_, answer) => {
  const bytes = await open()
  disturb(answer)
  expect((await readAll(bytes)).equals(content)).toBe(true)
})

test('a server that says nothing is given up, and asked again', async () => {
  const bytes = await open(server.url, { silenceMs: 300 })
  disturb(() => undefined)
  const into = Buffer.alloc(512)
  await bytes.read(0, into)
  expect(into.equals(content.subarray(0, 512))).toBe(true)
})

test('what came before a connection broke is not asked for again', async () => {
  const bytes = await open()
  disturb((request, response) => {
    response.writeHead(206, partial(request, { 'content-length': mib }))
    response.write(content.subarray(0, 300_000), () => request.socket.destroy())
  })
  await bytes.read(0, Buffer.alloc(mib))
  const from = Number(/^bytes=(\d+)-/.exec(server.ranges.at(-1) ?? '')?.[1])
  expect(from).toBeGreaterThan(0)
  expect(server.sent).toBe(1 + mib - from)
})

test.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
  ['is always busy', (_, response) => response.writeHead(503).end()],
  ['always ends at once', (request, response) => response.writeHead(206, partial(request)).end()],
  [
    'gives a byte each time',
    (request, response) => response.writeHead(206, partial(request)).end(content.subarray(0, 1)),
  ],
])('a server that %s is given up, and not for whoever sends to try again', async (_, answer) => {
  const bytes = await open()
  disturb(answer, everyTime)
  await expect(bytes.read(0, Buffer.alloc(512))).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining(server.url),
  })
  expect(server.ranges.length).toBeLessThan(20)
})

test('a file that changes is noticed, and nothing is read from then on', async () => {
  const bytes = await open()
  const into = Buffer.alloc(512)
  await bytes.read(0, into)
  server.bytes = randomBytes(content.length)
  const changed = { code: 'conflict', message: `${server.url} changed while it was read` }
  await expect(bytes.read(5 * mib, into)).rejects.toMatchObject(changed)
  server.bytes = content
  await expect(bytes.read(0, into)).rejects.toMatchObject(changed)
})

test.each<[string, object]>([
  ['another tag', { etag: '"other"' }],
  ['another size', { 'content-range': `bytes 0-${mib - 1}/${content.length + 1}` }],
])('a server that ignores If-Range and answers with %s is noticed', async (_, headers) => {
  const bytes = await open()
  disturb((request, response) => response.writeHead(206, partial(request, headers)).end(content.subarray(0, mib)))
  await expect(bytes.read(0, Buffer.alloc(512))).rejects.toMatchObject({ code: 'conflict' })
})

test.each<[string, object, string]>([
  ['other bytes', { 'content-range': `bytes 1-${mib}/${content.length}` }, 'sends'],
  ['more bytes than were asked for', { 'content-range': `bytes 0-${2 * mib}/${content.length}` }, 'sends'],
  ['no range', { 'content-range': 'bytes' }, 'does not say'],
])('a server that answers with %s is refused', async (_, headers, message) => {
  const bytes = await open()
  disturb((request, response) => response.writeHead(206, partial(request, headers)).end(content.subarray(0, mib)))
  const refused = { code: 'unsupported', message: expect.stringContaining(message) }
  await expect(bytes.read(0, Buffer.alloc(512))).rejects.toMatchObject(refused)
})

test('a body that never ends is cut off', async () => {
  const bytes = await open()
  disturb((request, response) => {
    response.writeHead(206, partial(request))
    const more = (): unknown => !response.destroyed && response.write(content, more)
    more()
  })
  await expect(bytes.read(0, Buffer.alloc(2 * mib))).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining('sends more than'),
  })
})

const told = { etag: '"1"', 'content-range': 'bytes 0-0/100' }

test.each<[string, number, object, string]>([
  ['knows no ranges', 200, { etag: '"1"' }, 'gives no ranges'],
  ['packs what it sends', 206, { ...told, 'content-encoding': 'gzip' }, 'packs what it sends'],
  ['does not tell the size', 206, { ...told, 'content-range': 'bytes 0-0/*' }, 'does not say which bytes'],
  ['tells of a size beyond all measure', 206, { ...told, 'content-range': `bytes 0-0/${'9'.repeat(16)}` }, 'no cloud'],
  [
    'tells of a size that is no number',
    206,
    { ...told, 'content-range': `bytes 0-0/${'9'.repeat(40)}` },
    'does not say',
  ],
  ['does not tell when it changes', 206, { 'content-range': 'bytes 0-0/100' }, 'when the file changes'],
])('a server that %s is refused before anything is read', async (_, status, headers, message) => {
  server.instead = (_, response) => {
    response.writeHead(status, { ...headers }).end('x')
    return true
  }
  const refused = { code: 'unsupported', message: expect.stringContaining(message), hint: expect.anything() }
  await expect(open()).rejects.toMatchObject(refused)
  expect(server.ranges).toHaveLength(1)
})

test.each<[number, string]>([
  [404, 'not-found'],
  [403, 'denied'],
  [400, 'failed'],
])('HTTP %i is %s', async (status, code) => {
  server.instead = (_, response) => {
    response.writeHead(status).end()
    return true
  }
  await expect(open()).rejects.toMatchObject({ code, message: expect.stringContaining(String(status)) })
})

test('an empty file is one of no bytes', async () => {
  server.bytes = Buffer.alloc(0)
  expect((await open()).sizeBytes).toBe(0)
})

test.each<[string, string, string]>([
  ['http://images.example.com/disk.raw', 'usage', 'plain HTTP'],
  ['http://127.0.0.1.example.com/disk.raw', 'usage', 'plain HTTP'],
  ['ftp://127.0.0.1/disk.raw', 'usage', 'plain HTTP'],
])('%s is refused', async (url, code, message) => {
  await expect(open(url)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('what may be secret in a URL is sent, and not told', async () => {
  const secret = server.url.replace('http://', 'http://me:hush%21@').concat('?signature=hush#hush')
  const seen: (string | undefined)[] = []
  server.instead = ({ url, headers }, response) => {
    seen.push(url, headers.authorization)
    response.writeHead(403).end()
    return true
  }
  const told: unknown = await open(secret).catch((error: unknown) => error)
  expect(seen).toEqual(['/disk.raw?signature=hush', `Basic ${Buffer.from('me:hush!').toString('base64')}`])
  expect(String(told)).toContain(`${server.url}?…`)
  expect(JSON.stringify([told, String(told)])).not.toContain('hush')
})

test('a redirect is followed each time it has run out, without the password', async () => {
  const other = await serveFile(content)
  const seen: (string | undefined)[] = []
  let valid = true
  other.instead = ({ headers }, response) => {
    seen.push(headers.authorization)
    if (!valid) response.writeHead(403).end()
    const refused = !valid
    valid = true
    return refused
  }
  let redirects = 0
  server.instead = (_, response) => {
    redirects += 1
    response.writeHead(302, { location: `${other.url}?signature=${redirects}` }).end()
    return true
  }
  try {
    const bytes = await open(server.url.replace('http://', 'http://me:hush@'))
    const into = Buffer.alloc(512)
    await bytes.read(0, into)
    expect(redirects).toBe(1)
    valid = false
    await bytes.read(5 * mib, into)
    expect(into.equals(content.subarray(5 * mib, 5 * mib + 512))).toBe(true)
    expect(redirects).toBe(2)
    expect(new Set(seen)).toEqual(new Set([undefined]))
  } finally {
    await other.close()
  }
})

test.each<[string, string, string]>([
  ['http://images.example.com/disk.raw', 'usage', 'plain HTTP'],
  ['file:///etc/shadow', 'denied', 'not https'],
  ['/disk.raw', 'failed', 'more than 5 times'],
  ['https://', 'failed', 'nowhere'],
])('a redirect to %s is not followed', async (location, code, message) => {
  server.instead = (_, response) => {
    response.writeHead(302, { location }).end()
    return true
  }
  await expect(open()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('closing ends what is on its way', async () => {
  const bytes = await open()
  const asked = Promise.withResolvers<void>()
  disturb(() => asked.resolve(), everyTime)
  const reading = bytes.read(0, Buffer.alloc(512))
  await asked.promise
  await bytes.close()
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' })
})

test('by TLS a certificate has to be trusted, and nothing leads away from it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-remote-'))
  const authority = openAuthority({ folder, domains: ['localhost'], now: Date.now() })
  const secure = await serveFile(content, authority.certificateFor('localhost'))
  const url = secure.url.replace('127.0.0.1', 'localhost')
  const before = getCACertificates('default')
  try {
    await expect(open(url)).rejects.toMatchObject({
      code: 'failed',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    })
    setDefaultCACertificates([readFileSync(authority.caFile, 'utf8')])
    expect((await readAll(await open(url))).equals(content)).toBe(true)
    await opened?.close()
    secure.instead = (_, response) => {
      response.writeHead(307, { location: `${server.url}?signature=hush` }).end()
      return true
    }
    await expect(open(url)).rejects.toMatchObject({
      code: 'denied',
      message: `${url} redirects to ${server.url}?…, which is not https`,
    })
  } finally {
    setDefaultCACertificates(before)
    await secure.close()
    rmSync(folder, { recursive: true })
  }
})
