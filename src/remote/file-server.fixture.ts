import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A web server on loopback with one file, as well behaved as nginx unless a test says otherwise. */
export interface FileServer {
  /** `http://127.0.0.1:1234/disk.raw`. */
  readonly url: string
  /** What it serves; may be changed. */
  bytes: Buffer
  /** Looked at before each answer; true where it has answered by itself. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  /** `bytes=0-0` and so on, in the order they came. */
  readonly ranges: string[]
  /** Bytes of the file that were sent. */
  sent: number
  close(): Promise<void>
}

/** Begins to serve; with a certificate, by TLS. */
export async function serveFile(
  bytes: Buffer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<FileServer> {
  const listener: RequestListener = (request, response) => {
    server.ranges.push(String(request.headers.range))
    if (server.instead?.(request, response) !== true) answerRange(server, request, response)
  }
  const listening: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await once(listening.listen(0, '127.0.0.1'), 'listening')
  // Cast: a server that listens on TCP has such an address.
  const { port } = listening.address() as AddressInfo
  const server: FileServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/disk.raw`,
    ...{ bytes, instead: undefined, ranges: [], sent: 0 },
    async close() {
      listening.closeAllConnections()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
  return server
}

/** A strong one: it is another for other bytes. */
export function tagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** The range that is asked for, or the whole file where `If-Range` names another one. */
function answerRange(server: FileServer, { headers }: IncomingMessage, response: ServerResponse): void {
  const { bytes } = server
  const etag = tagOf(bytes)
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
  const begin = Number(first)
  if (first === undefined || (headers['if-range'] !== undefined && headers['if-range'] !== etag)) {
    response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes)
    return
  }
  if (begin >= bytes.length) {
    response.writeHead(416, { etag, 'content-range': `bytes */${bytes.length}` }).end()
    return
  }
  const part = bytes.subarray(begin, Number(last) + 1)
  server.sent += part.length
  const range = `bytes ${begin}-${begin + part.length - 1}/${bytes.length}`
  response.writeHead(206, { etag, 'content-range': range, 'content-length': part.length }).end(part)
}
