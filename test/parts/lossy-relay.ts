import { createServer, connect as dial } from 'node:net'

/** A relay on this machine to one HTTP server. */
export interface LossyRelay {
  readonly url: string
  /** The value of this header in the request that was last seen. */
  last(header: string): string | undefined
  /** The server gets the next request that begins so, and its answer is lost with the connection. */
  loseReplyTo(requestLine: RegExp): void
  close(): Promise<void>
}

/** Passes requests on to `origin`. Requests must arrive with their head in one piece, as those of Node's client do. */
export async function openLossyRelay(origin: string): Promise<LossyRelay> {
  const { hostname, port } = new URL(origin)
  const open = new Set<{ destroy(): void }>()
  let lose: RegExp | undefined
  let head = ''
  const server = createServer((client) => {
    const upstream = dial(Number(port), hostname)
    let lost = false
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      if (/^[A-Z]+ \/\S* HTTP\/1\.1\r\n/.test(text)) {
        head = text
        if (lose?.test(text)) {
          lost = true
          lose = undefined
        }
      }
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => (lost ? client.destroy() : client.write(bytes)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    last: (header) => new RegExp(`^${header}: (.*)$`, 'im').exec(head)?.[1]?.trim(),
    loseReplyTo(requestLine) {
      lose = requestLine
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
