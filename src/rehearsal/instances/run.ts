import { execFile } from 'node:child_process'
import { hasCode, messageOf, SindriError } from '../../core/error.ts'

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Text for its standard input. */
  readonly input?: string
  /** Exit codes besides 0 that are no failure. */
  readonly accept?: readonly number[]
}

/** Where distributions keep the programs needed here; a user's PATH often lacks the `sbin` ones. */
export const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin'

/** Runs a program to its end and resolves with what it printed. Fails with its last words: `prerequisite` when it is not installed. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const env = { PATH: systemPath, LC_ALL: 'C.UTF-8', ...options.env }
  const limits = {
    env,
    maxBuffer: 64 * 1024 * 1024,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }
  const child = execFile(program, [...args], limits, (error, stdout, stderr) => {
    if (error === null || options.accept?.includes(Number(error.code))) return resolve(stdout)
    if (options.signal?.aborted) {
      const cancelled = new SindriError('cancelled', `${program} was cancelled`, { cause: error })
      // The abort has sent it SIGTERM, which not every program heeds, and it has not ended yet.
      const runs = child.pid !== undefined && child.exitCode === null && child.signalCode === null
      if (!runs) return reject(cancelled)
      child.once('exit', () => reject(cancelled))
      child.kill('SIGKILL')
      return
    }
    if (hasCode(error, 'ENOENT')) {
      return reject(new SindriError('prerequisite', `${program} is not installed`, { cause: error }))
    }
    const words = stderr.trim().split('\n').slice(-5).join('\n') || messageOf(error)
    reject(new SindriError('failed', `${program} ${args[0] ?? ''} failed: ${words}`, { cause: error }))
  })
  child.stdin?.on('error', () => {
    // A program that ends without reading its input says why by its exit code.
  })
  child.stdin?.end(options.input)
  return promise
}
