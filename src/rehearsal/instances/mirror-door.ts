import { createServer, request, type Server } from 'node:http'
import { connect, createServer as createTunnel, type Server as TunnelServer } from 'node:net'
import type { AptSettings } from './apt-mirrors.ts'
import { joinStreams } from './join-streams.ts'

/**
 * A server, not yet listening, that leads to one mirror and nowhere else, whatever it is asked for, through this
 * machine's own apt proxy where there is one. Over https only the connection is handed on, and the certificate is
 * between the machine and the mirror.
 */
export function mirrorDoor(mirror: URL, proxies: AptSettings['proxies']): Server | TunnelServer {
  return mirror.protocol === 'http:' ? httpDoor(mirror, proxies.http) : tunnel(mirror, proxies.https)
}

function httpDoor(mirror: URL, proxy: URL | undefined): Server {
  return createServer((asked, answer) => {
    if (asked.method !== 'GET' && asked.method !== 'HEAD') {
      answer.writeHead(405).end()
      return
    }
    const target = new URL(asked.url?.startsWith('/') ? asked.url : '/', mirror)
    // A path that begins with two slashes would otherwise name another host.
    target.host = mirror.host
    const headers = { ...asked.headers, host: mirror.host, ...authorization(proxy) }
    const place = proxy ?? target
    const outgoing = request(
      {
        method: asked.method,
        host: place.hostname,
        port: place.port || 80,
        path: proxy === undefined ? target.pathname + target.search : target.href,
        headers,
      },
      (incoming) => {
        answer.writeHead(incoming.statusCode ?? 502, incoming.headers)
        incoming.pipe(answer)
        incoming.on('error', () => answer.destroy())
      },
    )
    outgoing.on('error', (error) => {
      if (answer.headersSent) answer.destroy()
      else answer.writeHead(502).end(`${mirror.host}: ${error.message}\n`)
    })
    answer.on('close', () => outgoing.destroy())
    outgoing.end()
  })
}

function tunnel(mirror: URL, proxy: URL | undefined): TunnelServer {
  const port = Number(mirror.port || 443)
  return createTunnel((inner) => {
    if (proxy === undefined) {
      joinStreams(inner, connect(port, mirror.hostname))
      return
    }
    const asking = request({
      method: 'CONNECT',
      host: proxy.hostname,
      port: proxy.port || 80,
      path: `${mirror.hostname}:${port}`,
      headers: authorization(proxy),
    })
    asking.on('connect', (response, outer, head) => {
      outer.unshift(head)
      if (response.statusCode === 200) joinStreams(inner, outer)
      else inner.destroy()
    })
    inner.on('error', () => asking.destroy())
    asking.on('error', () => inner.destroy())
    asking.end()
  })
}

function authorization(proxy: URL | undefined): Record<string, string> {
  if (proxy === undefined || proxy.username === '') return {}
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}
