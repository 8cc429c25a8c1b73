import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../core/clock.ts'
import { messageOf, SindriError } from '../core/error.ts'

/** A private key on this machine, readable by its owner only, and its public half in OpenSSH's format. */
export interface KeyPair {
  readonly privateKeyFile: string
  readonly publicKey: string
}

/** Makes a key pair with the machine's own ssh-keygen; the private half never leaves the machine. */
export async function makeKeyPair(folder: string, name: string, type: 'ed25519' | 'rsa'): Promise<KeyPair> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const privateKeyFile = join(folder, `${name}.pem`)
  try {
    const kind = type === 'rsa' ? ['-t', type, '-b', '3072'] : ['-t', type]
    await promisify(execFile)('ssh-keygen', ['-q', ...kind, '-N', '', '-C', name, '-f', privateKeyFile])
  } catch (cause) {
    throw new SindriError('prerequisite', `ssh-keygen cannot make a key: ${messageOf(cause)}`, {
      hint: 'install openssh-client',
      cause,
    })
  }
  return { privateKeyFile, publicKey: (await readFile(`${privateKeyFile}.pub`, 'utf8')).trim() }
}

const attemptMs = 5_000

/** Resolves when an SSH server answers at that address. @throws SindriError `timeout` after `deadlineMs` */
export async function untilSsh(
  host: string,
  options: { readonly port?: number; readonly deadlineMs: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { port = 22, deadlineMs, clock, signal } = options
  const deadline = clock.now() + deadlineMs
  while (!(await answers(host, port))) {
    if (clock.now() > deadline) {
      throw new SindriError(
        'timeout',
        `no SSH server answered at ${host}:${port} within ${deadlineMs / 60_000} minutes`,
        {
          hint: 'check the security group, the route to the subnet, and the console output of the instance',
        },
      )
    }
    await clock.sleep(500, signal)
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: attemptMs })
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('SSH-')))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
    socket.once('close', () => end(false))
  })
}
