import { rm } from 'node:fs/promises'
import { connect, createServer, type ListenOptions, type Server } from 'node:net'
import { join } from 'node:path'
import { hasCode, SindriError } from '../../core/error.ts'
import type { MachineSpec } from '../kit/machines.ts'
import { aptSettings } from './apt-mirrors.ts'
import { mirrorSocket } from './gate-settings.ts'
import { joinStreams } from './join-streams.ts'
import { mirrorDoor } from './mirror-door.ts'

/** Opens what leads from this host into a machine (port 22 of its public address) and from it to the apt mirrors. */
export async function openDoors(spec: MachineSpec, home: string, mirrors: readonly URL[]): Promise<readonly Server[]> {
  const { proxies } = await aptSettings()
  const opened: Server[] = []
  try {
    opened.push(await listening(sshDoor(join(home, 'ssh.sock')), { host: spec.publicAddress, port: 22 }))
    for (const [index, mirror] of mirrors.entries()) {
      const path = join(home, mirrorSocket(index))
      await rm(path, { force: true })
      opened.push(await listening(mirrorDoor(mirror, proxies), { path }))
    }
    return opened
  } catch (error) {
    closeDoors(opened)
    throw error
  }
}

/** Closes them, with what goes through them. */
export function closeDoors(doors: readonly Server[]): void {
  for (const door of doors) door.close()
}

function sshDoor(socket: string): Server {
  return createServer((outer) => joinStreams(outer, connect(socket)))
}

/** The longest path a Unix socket can have (unix(7)): 108 bytes with the final zero. */
const longestSocketPath = 107

async function listening(server: Server, where: ListenOptions): Promise<Server> {
  if (where.path !== undefined && Buffer.byteLength(where.path) > longestSocketPath) {
    throw new SindriError('usage', `${where.path} is too long for the path of a socket`, {
      hint: 'keep the rehearsal in a folder with a shorter path',
    })
  }
  try {
    await new Promise((resolve, reject) => server.once('error', reject).listen(where, () => resolve(undefined)))
  } catch (error) {
    const place = where.path ?? `port ${where.port} of ${where.host}`
    if (hasCode(error, 'EADDRINUSE')) {
      throw new SindriError('prerequisite', `cannot listen on ${place}: something else already does`, {
        hint: 'an sshd that listens on every address takes this one too: stop it, or give it a ListenAddress in sshd_config',
        cause: error,
      })
    }
    throw new SindriError('failed', `cannot listen on ${place}`, { cause: error })
  }
  // A rehearsal ends when its work ends, not when its last machine does.
  return server.on('error', () => undefined).unref()
}
