import { homedir, hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import type { Context, Self } from './actions/context.ts'
import { app, refusedWords } from './app.ts'
import type { CommonFlags, Session } from './commands/session.ts'
import { systemClock } from './core/clock.ts'
import { exitCodeOf, SindriError } from './core/error.ts'
import { failureJson, failureText } from './report/failure.ts'
import { openTerminal } from './report/terminal.ts'

const interrupted = new SindriError('cancelled', 'cancelled')

/** Runs one command line; the process's only edge. */
async function main(words: readonly string[]): Promise<void> {
  const self = selfOf()
  const cancel = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(cancel))
  const session = sessionOf(self, cancel.signal)
  const program = app(self.version, session)
  if (words[0] === 'complete') {
    const { default: tab } = await import('@bomb.sh/tab/commander')
    tab(program)
  }
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    const refused = refusedWords(error)
    if (refused === undefined) fail(error, words.includes('--json'))
    else if (refused === '') process.exitCode = 0
    else {
      // commander has told people already.
      if (words.includes('--json')) printJson(failureJson(new SindriError('usage', refused)))
      process.exitCode = 2
    }
  }
}

/** A terminal's signal may come twice at once, when whoever started this process passes it on. */
const twiceWithinMs = 1_000
let stoppedAt: number | undefined

/** The first signal lets go of what is under way in order; one more, later, ends at once. */
function stop(cancel: AbortController): void {
  const now = systemClock.now()
  if (stoppedAt !== undefined && now - stoppedAt > twiceWithinMs) {
    fail(interrupted, process.argv.includes('--json'))
    process.exit()
  }
  stoppedAt ??= now
  cancel.abort(interrupted)
}

function fail(error: unknown, json: boolean): void {
  if (json) printJson(failureJson(error))
  process.stderr.write(`${failureText(error, process.stderr)}\n`)
  process.exitCode = exitCodeOf(error)
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

function sessionOf(self: Self, signal: AbortSignal): Session {
  return {
    async run(flags, handler) {
      const terminal = openTerminal({
        stream: process.stderr,
        quiet: flags.quiet === true,
        debug: flags.debug === true,
        now: () => systemClock.now(),
      })
      try {
        let context = contextOf(self, signal, terminal.event)
        if (flags.rehearse === true || (flags.rehearse !== 'never' && truthy(process.env.SINDRI_REHEARSE))) {
          const { rehearse } = await import('./actions/rehearse.ts')
          context = await rehearse(context, replaceEnvironment)
        }
        process.exitCode = (await handler(context)) ?? 0
      } catch (error) {
        terminal.settle()
        const told = error instanceof SindriError && error.code === 'cancelled'
        fail(signal.reason === interrupted && !told ? interrupted : error, flags.json === true)
      } finally {
        terminal.settle()
      }
    },
    result(flags: CommonFlags, json, text) {
      if (flags.json === true) printJson(json)
      else process.stdout.write(`${text}\n`)
    },
    text: (text) => void process.stdout.write(text),
    tell: (text) => void process.stderr.write(`${text}\n`),
    async confirm(question, flag) {
      if (!process.stdin.isTTY) {
        throw new SindriError('usage', `${question} There is no terminal to ask on`, {
          hint: `give ${flag} to go ahead`,
        })
      }
      const { createInterface } = await import('node:readline/promises')
      const prompt = createInterface({ input: process.stdin, output: process.stderr })
      const answer = await prompt.question(`${question} [y/N] `, { signal })
      prompt.close()
      return /^y(es)?$/i.test(answer.trim())
    },
  }
}

function contextOf(self: Self, signal: AbortSignal, emit: Context['emit']): Context {
  const { env } = process
  const home = env.SINDRI_HOME || join(env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'sindri')
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sindri')
  return {
    cwd: process.cwd(),
    environment: { ...env },
    home,
    cache,
    clock: systemClock,
    signal,
    emit,
    self,
    processId: process.pid,
    hostName: hostname(),
    rehearsal: undefined,
  }
}

/** The SDKs read the process's own environment. */
function replaceEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (environment[name] === undefined) delete process.env[name]
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) process.env[name] = value
}

/** Where this Sindri is: a clone's sources, a package's `dist`, or one executable file. */
function selfOf(): Self {
  const here = isSea() ? dirname(process.execPath) : dirname(fileURLToPath(import.meta.url))
  const root = dirname(here)
  return {
    version: manifest.version,
    command: isSea() ? [process.execPath] : [process.execPath, fileURLToPath(import.meta.url)],
    node: process.execPath,
    nodeVersion: process.version,
    bundle: join(root, 'dist', 'sindri.cjs'),
    // Beside an executable in /usr/local/bin lies what it needs in /usr/local/share/sindri: provision/30-sindri.sh puts it there.
    assets: isSea() ? join(root, 'share', 'sindri') : root,
  }
}

function truthy(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value.toLowerCase())
}

void main(process.argv.slice(2))
