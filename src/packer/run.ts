import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises'
import { kill } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'
import { hasCode, messageOf, SindriError } from '../core/error.ts'
import { groupFrom, groupRuns, introduction, type ProcessGroup } from './process-group.ts'

/** A Packer run that outlives the process that started it. Plain data: write it down, and any later process can go on with it. */
export interface Handle extends ProcessGroup {
  /** The absolute file with everything Packer printed. */
  readonly log: string
  /** The file that holds Packer's exit code as soon as it has ended. */
  readonly status: string
}

/**
 * The leader of the group: it runs Packer and writes down how it ended. It survives the interrupt that cancels Packer.
 * With a pipe instead of a file, the death of the reader would kill the build. Whoever makes the claim first runs:
 * so a starter that was killed before it could write anything down does not lead to a second Packer.
 */
const leader = `
trap : INT TERM HUP
claim=$1
status=$2
shift 2
{
  ${introduction}
} >"$claim.$$"
ln "$claim.$$" "$claim" 2>/dev/null
lost=$?
rm "$claim.$$"
[ "$lost" = 0 ] || exit 0
"$@"
echo "$?" >"$status.new" && mv "$status.new" "$status"
`

/**
 * Starts Packer in a session of its own, with its output in a file, and returns at once. There is never more than one
 * run per log file: when one was already started, by whomever, its handle is returned, even if it has ended.
 * @param options.arguments without the program, for example `['build', '-machine-readable', '.']`
 * @param options.log absolute. Readable by its owner only, like the others.
 * @param options.debugLog absolute; Packer's own very detailed log goes there
 * @throws SindriError `prerequisite` when the run cannot be started
 */
export async function startPacker(options: {
  readonly path: string
  readonly arguments: readonly string[]
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: string
  readonly debugLog?: string
}): Promise<Handle> {
  const { path, folder, log, debugLog } = options
  const status = `${log}.status`
  const claim = `${log}.claim`
  for (const file of debugLog === undefined ? [log] : [log, debugLog]) {
    await appendFile(file, '', { mode: 0o600 })
    await chmod(file, 0o600)
  }
  const debug = debugLog === undefined ? {} : { PACKER_LOG: '1', PACKER_LOG_PATH: debugLog }
  const output = openSync(log, 'a')
  try {
    const child = spawn('/bin/sh', ['-c', leader, 'sindri-packer', claim, status, path, ...options.arguments], {
      cwd: folder,
      env: { ...options.env, CHECKPOINT_DISABLE: '1', ...debug },
      detached: true,
      stdio: ['ignore', output, output],
    })
    child.unref()
    return { ...(await claimant(child, claim)), log, status }
  } catch (error) {
    throw new SindriError('prerequisite', `cannot start ${path} in ${folder}: ${messageOf(error)}`, { cause: error })
  } finally {
    closeSync(output)
  }
}

/** Who runs Packer for this claim: the leader just started, or an earlier one. */
async function claimant(child: ChildProcess, claim: string): Promise<ProcessGroup> {
  let ended: Error | undefined
  child.once('error', (error) => {
    ended = error
  })
  child.once('exit', () => {
    ended = new Error('its process ended before it could begin (the folder of the log must allow hard links)')
  })
  for (;;) {
    // Asked before reading: a claim is there as soon as its leader has ended.
    const over = ended
    const text = await readFile(claim, 'utf8').catch(absent)
    if (text !== undefined) return groupFrom(text)
    if (over !== undefined) throw over
    await wait(5)
  }
}

function absent(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error
}

/** True while Packer or anything it started still runs. A later process with the same number is not mistaken for it. */
export function alive(handle: Handle): boolean {
  return groupRuns(handle)
}

/**
 * Asks Packer to stop and to remove what it has made in the cloud, and waits for that. Packer is asked only once, even
 * by several processes, because a second interrupt makes it leave everything behind.
 * @param options.deadlineMs how long Packer may take (10 minutes by default); after that it is killed
 * @returns `killed` when the deadline passed: what Packer made in the cloud is then still there
 */
export async function cancelPacker(
  handle: Handle,
  options: { readonly deadlineMs?: number; readonly pollMs?: number } = {},
): Promise<'stopped' | 'killed'> {
  const { deadlineMs = 600_000, pollMs = 200 } = options
  if (alive(handle) && (await isFirst(cancelMark(handle.status)))) signalGroup(handle, 'SIGINT')
  for (let waitedMs = 0; alive(handle); waitedMs += pollMs) {
    if (waitedMs >= deadlineMs) {
      signalGroup(handle, 'SIGKILL')
      return 'killed'
    }
    await wait(pollMs)
  }
  return 'stopped'
}

/** Ends what is left of a group whose Packer has already ended. */
export function killLeftovers(handle: Handle): void {
  if (alive(handle)) signalGroup(handle, 'SIGKILL')
}

function signalGroup(handle: Handle, signal: 'SIGINT' | 'SIGKILL'): void {
  try {
    kill(-handle.pid, signal)
  } catch (error) {
    if (!hasCode(error, 'ESRCH')) throw error
  }
}

function cancelMark(status: string): string {
  return `${status}.cancel`
}

async function isFirst(mark: string): Promise<boolean> {
  try {
    await writeFile(mark, '', { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}
