import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { mirrorDoor } from './mirror-door.ts'

const servers: (Server | TcpServer)[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function portOf(server: Server | TcpServer): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server listening on TCP has an AddressInfo.
  return (server.address() as AddressInfo).port
}

/** A mirror (or a proxy) that answers with what it was asked. */
function echo(): Promise<number> {
  return portOf(
    createServer((asked, answer) => {
      answer.end([asked.method, asked.headers.host, asked.url, asked.headers['proxy-authorization']].join(' ').trim())
    }),
  )
}

function ask(port: number, method: string, path: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: '127.0.0.1', method, path, headers: { host } }, async (answer) => {
      const chunks = await answer.toArray()
      resolve(`${answer.statusCode} ${Buffer.concat(chunks)}`)
    })
    asking.on('error', reject).end()
  })
}

const direct = { http: undefined, https: undefined }

test('a request reaches the mirror, whatever host it names', async () => {
  const port = await echo()
  const door = await portOf(mirrorDoor(new URL(`http://127.0.0.1:${port}`), direct))
  const reached = `200 GET 127.0.0.1:${port}`
  expect(await ask(door, 'GET', '/debian/dists?x=1', 'example.com')).toBe(`${reached} /debian/dists?x=1`)
  expect(await ask(door, 'GET', '//example.com/x', 'example.com')).toBe(`${reached} /x`)
  expect(await ask(door, 'GET', 'http://example.com/x', 'example.com')).toBe(`${reached} /`)
})

test('nothing can be sent to a mirror', async () => {
  const door = await portOf(mirrorDoor(new URL(`http://127.0.0.1:${await echo()}`), direct))
  expect(await ask(door, 'POST', '/', 'x')).toMatch(/^405/)
  expect(await ask(door, 'PUT', '/', 'x')).toMatch(/^405/)
})

test('the proxy of this machine is asked for the whole address, with its own password', async () => {
  const proxy = new URL(`http://user:pass%20word@127.0.0.1:${await echo()}`)
  const door = await portOf(mirrorDoor(new URL('http://mirror.invalid'), { http: proxy, https: undefined }))
  const password = Buffer.from('user:pass word').toString('base64')
  expect(await ask(door, 'GET', '/debian/', 'x')).toBe(
    `200 GET mirror.invalid http://mirror.invalid/debian/ Basic ${password}`,
  )
})

test('a mirror that does not answer is named', async () => {
  const gone = await echo()
  servers.pop()?.close()
  const door = await portOf(mirrorDoor(new URL(`http://127.0.0.1:${gone}`), direct))
  expect(await ask(door, 'GET', '/', 'x')).toMatch(`502 127.0.0.1:${gone}: connect ECONNREFUSED`)
})

test('over https the bytes are handed on, through CONNECT where there is a proxy', async () => {
  const mirror = await portOf(createTcpServer((socket) => socket.end('mirror')))
  const proxyServer = createServer().on('connect', (asked, inner) => {
    inner.write('HTTP/1.1 200 OK\r\n\r\n')
    inner.end(`proxied ${asked.url}`)
  })
  const proxy = new URL(`http://127.0.0.1:${await portOf(proxyServer)}`)
  const read = async (port: number) => Buffer.concat(await connect(port, '127.0.0.1').toArray()).toString()
  expect(await read(await portOf(mirrorDoor(new URL(`https://127.0.0.1:${mirror}`), direct)))).toBe('mirror')
  const door = mirrorDoor(new URL('https://mirror.invalid'), { http: undefined, https: proxy })
  expect(await read(await portOf(door))).toBe('proxied mirror.invalid:443')
})
