import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { SindriError } from '../core/error.ts'

/** Programs run for one extension, with everything they print in its log. */
export interface Session {
  readonly log: string
  /** Runs a program to its end. Throws SindriError `failed` that says `what` failed. */
  run(what: string, argv: readonly string[], options?: RunOptions): Promise<void>
  /** The same, and returns what it printed on standard output. */
  output(what: string, argv: readonly string[], options?: RunOptions): Promise<string>
  /** The last lines of the log. */
  tail(): string
  close(): void
}

interface RunOptions {
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** What a session takes from the world around it. */
export interface SessionOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

const tailLines = 15

/** Where programs are found, also for callers whose PATH leaves out /usr/local (sudo, cron) or snaps. */
export function programPath(environment: SessionOptions['environment']): string {
  const usual = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/snap/bin']
  const own = (environment.PATH ?? '').split(':').filter((folder) => folder !== '')
  return [...new Set([...usual, ...own])].join(':')
}

/** Begins the log of an extension anew in `folder`. */
export function openSession(name: string, folder: string, { environment, signal }: SessionOptions): Session {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const log = join(folder, `${name}.log`)
  const file = openSync(log, 'w', 0o640)
  const inherited = { ...environment, PATH: programPath(environment), DEBIAN_FRONTEND: 'noninteractive' }

  async function start(what: string, argv: readonly string[], options: RunOptions, piped: boolean): Promise<string> {
    writeSync(file, `$ ${argv.join(' ')}\n`)
    const [program = '', ...words] = argv
    const child = spawn(program, words, {
      cwd: options.cwd,
      env: { ...inherited, ...options.environment },
      stdio: ['ignore', piped ? 'pipe' : file, file],
      signal,
    })
    let printed = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text
      writeSync(file, text)
    })
    const ending = await new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`could not be run: ${error.message}`))
      child.once('close', (code, by) =>
        resolve(code === 0 ? '' : `failed with ${code === null ? by : `exit code ${code}`}`),
      )
    })
    signal.throwIfAborted()
    if (ending !== '') throw new SindriError('failed', `${what} ${ending}`)
    return printed
  }

  return {
    log,
    async run(what, argv, options = {}) {
      await start(what, argv, options, false)
    },
    output: (what, argv, options = {}) => start(what, argv, options, true),
    tail: () => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-tailLines).join('\n'),
    close: () => closeSync(file),
  }
}
