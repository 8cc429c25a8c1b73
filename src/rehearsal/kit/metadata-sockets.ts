import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { join } from 'node:path'

/** One unix socket per running instance, on which its metadata service answers. */
export interface MetadataSockets {
  /** Resolves to the path of the socket once it listens; replaces what answered there before. */
  open(instanceId: string, answer: RequestListener): Promise<string>
  close(instanceId: string): Promise<void>
  closeAll(): Promise<void>
}

/** Opens the folder of sockets. */
export function openMetadataSockets(folder: string): MetadataSockets {
  const servers = new Map<string, Server>()
  mkdirSync(folder, { recursive: true, mode: 0o700 })

  async function close(instanceId: string): Promise<void> {
    const server = servers.get(instanceId)
    servers.delete(instanceId)
    if (server === undefined) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }

  return {
    open: async (instanceId, answer) => {
      await close(instanceId)
      const path = join(folder, `${instanceId}.sock`)
      rmSync(path, { force: true })
      const server = createServer(answer)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(path, resolve)
      })
      servers.set(instanceId, server)
      return path
    },
    close,
    closeAll: async () => {
      await Promise.all([...servers.keys()].map(close))
    },
  }
}
