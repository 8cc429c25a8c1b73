import { spawn } from 'node:child_process'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { SindriError } from '../../core/error.ts'
import { alive, identify, type ProcessIdentity, waitUntil } from './process-identity.ts'
import { resourcePath } from './resource.ts'
import { systemPath } from './run.ts'

/**
 * Starts the gate of the machine kept in `home`, which starts the machine, in a session and a network namespace of its
 * own, so that both outlive this process. Fails with what the gate said when it ends before its doors are open.
 */
export async function spawnGate(home: string): Promise<ProcessIdentity> {
  const socket = join(home, 'ssh.sock')
  await rm(socket, { force: true })
  const log = await open(join(home, 'gate.log'), 'w', 0o600)
  const child = spawn('unshare', ['--net', execPath, resourcePath('gate.js'), home], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: systemPath },
  })
  await log.close()
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.unref()
  const gate = child.pid === undefined ? undefined : await identify(child.pid)
  const opened = async () => (await stat(socket).catch(() => undefined))?.isSocket() === true
  const decided = async () => (await opened()) || gate === undefined || !(await alive(gate))
  await waitUntil(decided, 20_000)
  if (gate !== undefined && (await opened()) && (await alive(gate))) return gate
  const words = (await readFile(join(home, 'gate.log'), 'utf8')).trim().split('\n').slice(-8).join('\n')
  throw new SindriError('failed', `the machine in ${home} could not be started: ${words}`)
}
