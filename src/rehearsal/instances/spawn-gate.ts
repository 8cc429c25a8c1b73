import { spawn } from 'node:child_process'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { SindriError } from '../../core/error.ts'
import { waitUntil } from './process-identity.ts'
import { resourcePath } from './resource.ts'
import { systemPath } from './run.ts'

/**
 * Starts the gate of the machine kept in `home`, which starts the machine, in a session and a network namespace of its
 * own, so that both outlive this process. Fails with what the gate said when it ends before its doors are open.
 */
export async function spawnGate(home: string): Promise<void> {
  const socket = join(home, 'ssh.sock')
  await rm(socket, { force: true })
  const log = await open(join(home, 'gate.log'), 'w', 0o600)
  const child = spawn('unshare', ['--net', execPath, resourcePath('gate.js'), home], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: systemPath },
  })
  const spawned = new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  child.unref()
  await spawned.finally(() => log.close())
  const opened = async () => (await stat(socket).catch(() => undefined))?.isSocket() === true
  const ended = () => child.exitCode !== null || child.signalCode !== null
  await waitUntil(async () => ended() || (await opened()), 20_000)
  if (!ended() && (await opened())) return
  const words = (await readFile(join(home, 'gate.log'), 'utf8')).trim().split('\n').slice(-8).join('\n')
  throw new SindriError('failed', `the machine in ${home} could not be started: ${words}`)
}
