import { spawn } from 'node:child_process'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SindriError } from '../../core/error.ts'
import { missingPackages } from './programs.ts'
import { systemPath } from './run.ts'

interface BootOptions {
  /** Where the console's text is kept, as `boot.log`. */
  readonly folder: string
  readonly timeoutMs: number
  /** A file with other firmware than QEMU's BIOS, for example one of UEFI. */
  readonly firmware?: string
  readonly signal?: AbortSignal
}

const qemu = 'qemu-system-x86_64'
const memoryMiB = 1024

/**
 * Boots a raw disk in QEMU with nothing but a serial console, and resolves with what it printed once it asks for a
 * login. The disk is not written to. It is the proof that an image boots by itself: firmware, boot loader, kernel,
 * init. Emulated, so expect a minute or two. Fails with `timeout`, and with `failed` when QEMU ends before.
 */
export async function bootToLogin(disk: string, { folder, timeoutMs, firmware, signal }: BootOptions): Promise<string> {
  const missing = await missingPackages([qemu])
  if (missing.length > 0) {
    throw new SindriError('prerequisite', `${qemu} is not installed`, { hint: `apt-get install ${missing.join(' ')}` })
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const consoleLog = join(folder, 'boot.log')
  const log = await open(join(folder, 'qemu.log'), 'w', 0o600)
  // In the option, a comma within a path is written twice.
  const escaped = (path: string) => path.replaceAll(',', ',,')
  const args = [
    ...['-accel', 'tcg', '-m', String(memoryMiB), '-smp', '2', '-display', 'none', '-monitor', 'none', '-nic', 'none'],
    ...['-no-reboot', '-snapshot', '-drive', `file=${escaped(disk)},format=raw,if=virtio`],
    ...(firmware === undefined ? [] : ['-bios', firmware]),
    ...['-chardev', `file,id=console,path=${escaped(consoleLog)}`, '-serial', 'chardev:console'],
  ]
  // A killed parent takes the emulator with it.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', qemu, ...args], {
    stdio: ['ignore', log.fd, log.fd],
    env: { PATH: systemPath, TMPDIR: folder },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  await log.close()
  const read = () => readFile(consoleLog, 'utf8').catch(() => '')
  try {
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
      const text = await read()
      if (/^\S+ login:/m.test(text)) return text
      if (signal?.aborted) throw new SindriError('cancelled', `the boot of ${disk} was cancelled`)
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
        const words = (await readFile(join(folder, 'qemu.log'), 'utf8')).trim().split('\n').at(-1)
        throw new SindriError('failed', `${disk} stopped before it asked for a login: ${words ?? ''}`, {
          hint: `what it printed is in ${consoleLog}`,
        })
      }
      await Promise.race([delay(500), ended])
    }
    const last = (await read()).trim().split('\n').at(-1) ?? ''
    throw new SindriError(
      'timeout',
      `${disk} did not ask for a login within ${timeoutMs / 1000} s; last line: ${last}`,
      {
        hint: `what it printed is in ${consoleLog}`,
      },
    )
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}
