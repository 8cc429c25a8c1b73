import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ErrorCode, SindriError } from '../core/error.ts'
import { allRehearsed } from './clouds.ts'
import { codeStamp } from './code-stamp.ts'
import { askDown, control, runningDaemon } from './control.ts'
import { makeBase } from './instances/index.ts'
import { parseFault } from './kit/faults.ts'
import { takeLock } from './kit/lock.ts'
import type { Base } from './kit/machines.ts'
import type { Settings } from './kit/settings.ts'
import type { PolicyDocument } from './kit/stand-in.ts'
import { readStore } from './kit/store.ts'
import { filesOf, type Places } from './places.ts'
import { type DaemonFile, type Rehearsal, rehearsalOf } from './rehearsal.ts'
import type { Failure } from './serve.ts'
import { recordedResources } from './status.ts'

export interface UpOptions {
  readonly places: Places
  /** The command that runs the daemon: it ends up calling `serve`. */
  readonly serve: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Path of a policy or role in some cloud's language, as `sindri vm permissions` prints it, to enforce from now on; `none` lifts it. */
  readonly policy?: string
  /** Failures to come, for example `CopyImage:before:Throttling:2`; replaces those asked for earlier. */
  readonly faults?: readonly string[]
  readonly signal?: AbortSignal
  readonly tell?: (line: string) => void
}

const startDeadlineMs = 30_000
const pollMs = 50
const maxSocketPathBytes = 103

/** The rehearsal that runs for these places, if any. */
export async function current(places: Places): Promise<Rehearsal | undefined> {
  const daemon = await runningDaemon(places)
  return daemon && rehearsalOf(daemon, filesOf(places).folder)
}

function spawnDaemon({ places, serve, environment }: UpOptions): { readonly ended: () => boolean } {
  const [command = '', ...rest] = serve
  const log = openSync(filesOf(places).log, 'a', 0o600)
  const child = spawn(command, rest, { detached: true, stdio: ['ignore', log, log], env: environment })
  closeSync(log)
  let ended = false
  child.once('exit', () => {
    ended = true
  })
  child.once('error', () => {
    ended = true
  })
  child.unref()
  return { ended: () => ended }
}

function startFailure(places: Places): SindriError {
  const files = filesOf(places)
  const failure = readStore<Failure>(files.failure)
  if (failure !== undefined) {
    return new SindriError(failure.code as ErrorCode, failure.message, failure.hint ? { hint: failure.hint } : {}) // written by serve from a SindriError
  }
  const lines = readFileSync(files.log, 'utf8').trim().split('\n').slice(-5).join('\n')
  return new SindriError('failed', `the rehearsal did not start: ${lines || 'its log is empty'}`, {
    hint: `See ${files.log}.`,
  })
}

function isLocked(file: string): boolean {
  const release = takeLock(file)
  release?.()
  return release === undefined
}

/** Unix sockets under `home` have names of at most about a hundred bytes; the kernel's own complaint explains nothing. */
function checkLength(places: Places): void {
  const longest = join(filesOf(places).machines, 'i-0123456789abcdef0', 'ssh.sock')
  if (Buffer.byteLength(longest) > maxSocketPathBytes) {
    throw new SindriError('usage', `the folder ${places.home} has too long a name for a rehearsal`, {
      hint: `Use one that is ${Buffer.byteLength(longest) - maxSocketPathBytes} bytes shorter: unix sockets are kept in it.`,
    })
  }
}

async function start(options: UpOptions): Promise<DaemonFile> {
  checkLength(options.places)
  const files = filesOf(options.places)
  mkdirSync(files.folder, { recursive: true, mode: 0o700 })
  rmSync(files.failure, { force: true })
  const child = spawnDaemon(options)
  const deadline = Date.now() + startDeadlineMs
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted()
    const daemon = await runningDaemon(options.places)
    if (daemon !== undefined) return daemon
    // When another process was faster, our child is gone and a daemon that holds the lock is about to answer.
    if (child.ended() && !isLocked(files.lock)) break
    await delay(pollMs)
  }
  throw startFailure(options.places)
}

async function replaceWhenStale(options: UpOptions, daemon: DaemonFile): Promise<DaemonFile> {
  if (daemon.code === codeStamp()) return daemon
  const held = Object.values(recordedResources(options.places, Date.now()))
  if (held.some((cloud) => Object.keys(cloud).length > 0)) {
    options.tell?.('the rehearsal that runs is of another version of Sindri; it is kept because it holds resources')
    return daemon
  }
  await askDown(daemon)
  const deadline = Date.now() + startDeadlineMs
  while ((await runningDaemon(options.places)) !== undefined && Date.now() < deadline) await delay(pollMs)
  return start(options)
}

function settingsOf({ policy, faults }: UpOptions): Partial<Settings> {
  return {
    ...(policy !== undefined && { policy: policy === 'none' ? null : readPolicy(policy) }),
    ...(faults !== undefined && { faults: faults.map(parseFault) }),
  }
}

function readPolicy(file: string): PolicyDocument {
  const hint = "Give the path of a document as 'sindri vm permissions' prints it, or none."
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new SindriError('usage', `cannot read the policy ${file}`, { cause, hint })
  }
  let document: PolicyDocument
  try {
    document = { value: JSON.parse(text), file }
  } catch (cause) {
    throw new SindriError('usage', `${file} is not JSON`, { cause, hint })
  }
  if (allRehearsed.some((cloud) => cloud.takesPolicy(document))) return document
  throw new SindriError('usage', `${file} is not a policy or role of a cloud that is rehearsed`, { hint })
}

/** Starts the rehearsal unless it runs, makes the base disks it offers, and applies policy and faults. Two at once are fine. */
export async function up(options: UpOptions): Promise<Rehearsal> {
  const { places, tell, signal } = options
  const settings = settingsOf(options)
  const found = await runningDaemon(places)
  const daemon = found === undefined ? await start(options) : await replaceWhenStale(options, found)
  if (Object.keys(settings).length > 0 && !(await control(daemon, 'settings', settings))) {
    throw new SindriError('failed', 'the rehearsal does not take its settings', { hint: 'Stop it and start it again.' })
  }
  // Finding out how a base is made asks apt, which takes longer than all else here.
  const wanted = daemon.bases.filter(({ offered, disk }) => offered && !(disk !== undefined && existsSync(disk)))
  for (const name of new Set(wanted.map((base) => base.name))) {
    await makeBase(name as Base['name'], { cache: places.cache, ...(tell && { tell }), ...(signal && { signal }) }) // the daemon lists only known names
  }
  return rehearsalOf(daemon, filesOf(places).folder)
}
