import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAuthority } from './authority.ts'
import { type Front, openFront } from './front.ts'

const folder = mkdtempSync(join(tmpdir(), 'sindri-front-'))
const authority = openAuthority({ folder, domains: ['cloud.example'], now: Date.now() })
let front: Front

beforeAll(async () => {
  front = await openFront({
    authority,
    ports: { port: 0, tlsPort: 0 },
    isVendorHost: (host) => host.endsWith('.cloud.example') || host === 'other.example',
    respond: async ({ host, path, query, body }) => ({
      status: 200,
      headers: {},
      body: `${host} ${path} ${query.get('a')} ${body}`,
    }),
  })
})

afterAll(async () => {
  await front.close()
  rmSync(folder, { recursive: true })
})

async function asked(options: {
  readonly path: string
  readonly host?: string
  readonly method?: string
  readonly body?: string
}): Promise<string> {
  const { path, host = 'api.cloud.example', method = 'GET', body } = options
  const sent = request({ host: '127.0.0.1', port: front.port, path, method, headers: { host }, agent: false })
  sent.end(body)
  const [response] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return `${response.statusCode} ${Buffer.concat(chunks)}`
}

async function tunnel(target: string): Promise<{ readonly status: number; readonly socket: Socket }> {
  const sent = request({ host: '127.0.0.1', port: front.port, method: 'CONNECT', path: target, agent: false })
  sent.end()
  const [response, socket] = await once(sent, 'connect')
  return { status: response.statusCode, socket }
}

async function greet(host: string, socket?: Socket): Promise<string> {
  const secure = connectTls({
    servername: host,
    ca: readFileSync(authority.caFile),
    ...(socket ? { socket } : { host: '127.0.0.1', port: front.tlsPort }),
  })
  await once(secure, 'secureConnect')
  secure.write(`GET /x?a=1 HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  const chunks: Buffer[] = []
  for await (const chunk of secure) chunks.push(chunk)
  return Buffer.concat(chunks).toString().split('\r\n\r\n')[1] ?? ''
}

test('one port is an endpoint and a proxy', async () => {
  expect(await asked({ path: '/p?a=1', host: '127.0.0.1:1', method: 'POST', body: 'hello' })).toBe(
    '200 127.0.0.1 /p 1 hello',
  )
  expect(await asked({ path: 'http://api.cloud.example/p?a=2' })).toBe('200 api.cloud.example /p 2 ')
})

test('the proxy refuses every host that is not a vendor’s', async () => {
  expect(await asked({ path: 'http://example.com/' })).toContain('403 The rehearsal answers only')
  const { status, socket } = await tunnel('example.com:443')
  socket.destroy()
  expect(status).toBe(403)
})

test('TLS ends here with a certificate for the name asked for, directly and through the proxy', async () => {
  expect(await greet('api.cloud.example')).toBe('api.cloud.example /x 1 ')
  const { status, socket } = await tunnel('eu.cloud.example:443')
  expect(status).toBe(200)
  expect(await greet('eu.cloud.example', socket)).toBe('eu.cloud.example /x 1 ')
})

test('TLS is refused for other names, and the authority is good for its domains only', async () => {
  await expect(greet('example.com')).rejects.toThrow()
  await expect(greet('other.example')).rejects.toThrow(/permitted subtree/)
})

test('a port that is taken is replaced by a free one', async () => {
  const second = await openFront({
    authority,
    ports: front,
    isVendorHost: () => false,
    respond: async () => undefined,
  })
  expect(second.port).not.toBe(front.port)
  await second.close()
})

test('a request larger than 64 megabytes is refused', async () => {
  expect(await asked({ path: '/', method: 'POST', body: 'x'.repeat(64 * 1024 * 1024 + 1) })).toContain('413')
})

test('the authority’s key is readable by its owner only, and is kept for the next start', () => {
  expect(statSync(join(folder, 'ca.key')).mode & 0o777).toBe(0o600)
  const before = readFileSync(authority.caFile, 'utf8')
  openAuthority({ folder, domains: ['cloud.example'], now: Date.now() })
  expect(readFileSync(authority.caFile, 'utf8')).toBe(before)
  openAuthority({ folder, domains: ['cloud.example'], now: Date.now() + 350 * 86_400_000 })
  expect(readFileSync(authority.caFile, 'utf8')).not.toBe(before)
})
