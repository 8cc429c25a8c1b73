import { execFile } from 'node:child_process'
import { SindriError } from '../core/error.ts'

/** What a finished program left behind. `exitCode` is 1 or more when it failed. */
export interface Execution {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a short Packer command to its end, without network calls of Packer itself (no version check).
 * @throws SindriError `timeout` after `timeoutMs`, `prerequisite` when the program cannot be started
 */
export function execute(
  path: string,
  args: readonly string[],
  options: {
    readonly folder?: string
    readonly env: Readonly<Record<string, string | undefined>>
    readonly timeoutMs: number
    /** Given to the program's standard input. */
    readonly input?: string
  },
): Promise<Execution> {
  const { promise, resolve, reject } = Promise.withResolvers<Execution>()
  const child = execFile(
    path,
    args,
    {
      ...(options.folder === undefined ? {} : { cwd: options.folder }),
      env: { ...options.env, CHECKPOINT_DISABLE: '1' },
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    },
    (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr })
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr })
      else if (error.killed) {
        const command = [path, ...args].join(' ')
        reject(new SindriError('timeout', `${command} did not end within ${options.timeoutMs / 1000} s`))
      } else reject(new SindriError('prerequisite', `cannot run ${path}: ${error.message}`, { cause: error }))
    },
  )
  child.stdin?.end(options.input)
  return promise
}
