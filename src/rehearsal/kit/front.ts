import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext } from 'node:tls'
import { hasCode } from '../../core/error.ts'
import type { Authority } from './authority.ts'

/** A request to a stand-in, whichever way it came in. */
export interface Request {
  readonly method: string
  /** Lower case, without a port. */
  readonly host: string
  readonly path: string
  /** Path and query as they were sent, which is what signatures are made of. */
  readonly target: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Empty where it is a stream. */
  readonly body: Buffer
  /** The body of a request that may be of any size; who answers it reads it, or leaves it. */
  readonly stream?: AsyncIterable<Buffer>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** What answers requests; undefined closes the connection without an answer. */
export type Responder = (request: Request) => Promise<Answer | undefined>

export interface FrontOptions {
  readonly authority: Authority
  /** True for the host names a stand-in answers for. */
  readonly isVendorHost: (host: string) => boolean
  readonly respond: Responder
  /** True where the body is taken as it comes. */
  readonly streams?: (head: Pick<Request, 'method' | 'host' | 'path'>) => boolean
  /** Ports to take if they are free; 0 takes any. */
  readonly ports: { readonly port: number; readonly tlsPort: number }
}

/** The doors of the rehearsal, all on loopback. */
export interface Front {
  /** Plain HTTP: an endpoint, and a proxy (absolute URLs and CONNECT) that reaches only vendor hosts. */
  readonly port: number
  /** TLS, with a certificate by SNI for any vendor host. */
  readonly tlsPort: number
  close(): Promise<void>
}

const maxBodyBytes = 64 * 1024 * 1024

async function bodyOf(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of message) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function hostName(hostAndPort: string): string {
  return hostAndPort.toLowerCase().replace(/:\d+$/, '')
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`)
}

function refusal(host: string): string {
  return `The rehearsal answers only for the clouds it rehearses, not for ${host}: nothing leaves this machine.`
}

function handler({
  isVendorHost,
  respond,
  streams,
}: FrontOptions): (message: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (message, response) => {
    const target = message.url ?? '/'
    const absolute = /^[a-z]+:\/\//i.test(target)
    if (!URL.canParse(target, 'http://endpoint')) return refuse(response, 400, 'The request has no valid URL.')
    const url = new URL(target, 'http://endpoint')
    const host = absolute ? hostName(url.host) : hostName(message.headers.host ?? '')
    if (absolute && !isVendorHost(host)) return refuse(response, 403, refusal(host))
    const method = message.method ?? 'GET'
    const streamed = streams?.({ method, host, path: url.pathname }) === true
    const body = streamed ? Buffer.alloc(0) : await bodyOf(message)
    if (body === undefined) return refuse(response, 413, `The request is larger than ${maxBodyBytes} bytes.`)
    const answer = await respond({
      method,
      host,
      path: url.pathname,
      target: absolute ? `${url.pathname}${url.search}` : target,
      query: url.searchParams,
      headers: message.headers,
      body,
      ...(streamed && { stream: message }),
    })
    if (answer === undefined) message.socket.destroy()
    else
      response
        // To HEAD the length is that of what is not sent.
        .writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body), ...answer.headers })
        .end(answer.body)
  }
}

/** Listens on the port wished for, or on a free one when it is taken. */
async function listen(server: Server, wished: number): Promise<number> {
  server.listen(wished, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if (wished === 0 || !hasCode(error, 'EADDRINUSE')) throw error
    return listen(server, 0)
  }
  return (server.address() as AddressInfo).port // a TCP server's address is never a string
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Opens the doors. They listen on 127.0.0.1 only. */
export async function openFront(options: FrontOptions): Promise<Front> {
  const { authority, isVendorHost } = options
  const handle = handler(options)
  const onRequest = (message: IncomingMessage, response: ServerResponse): void => {
    // A client that goes away in the middle of its request is none of our business.
    handle(message, response).catch(() => message.socket.destroy())
  }

  const contexts = new Map<string, SecureContext>()
  function contextFor(host: string): SecureContext {
    const known = contexts.get(host) ?? createSecureContext(authority.certificateFor(host))
    contexts.set(host, known)
    return known
  }

  const secure = createTlsServer(
    {
      SNICallback: (host, done) => {
        if (isVendorHost(host)) done(null, contextFor(host.toLowerCase()))
        else done(new Error(refusal(host)))
      },
    },
    onRequest,
  )
  const plain = createServer(onRequest)
  plain.on('connect', (message: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => socket.destroy())
    const [host = '', port] = (message.url ?? '').split(':')
    if (!isVendorHost(host)) {
      socket.end(`HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${refusal(host)}\n`)
      return
    }
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const door: Server = port === '80' ? plain : secure
    door.emit('connection', socket)
  })

  const [port, tlsPort] = await Promise.all([listen(plain, options.ports.port), listen(secure, options.ports.tlsPort)])
  return {
    port,
    tlsPort,
    close: async () => {
      await Promise.all([closed(plain), closed(secure)])
    },
  }
}
