import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** A process that cannot be taken for another: `startTime` is in clock ticks since boot, as the kernel counts it. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: string
}

/** The identity of a process, undefined when it is gone or only waits to be collected. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may hold anything; state and start time are fields 3 and 22 (proc_pid_stat(5)).
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields?.[0], fields?.[19]]
  return startTime === undefined || state === 'Z' || state === 'X' ? undefined : { pid, startTime }
}

/** Whether this very process still runs. */
export async function alive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.startTime === identity.startTime
}

/** Sends a signal if this very process still runs. */
export async function signal(identity: ProcessIdentity, name: NodeJS.Signals): Promise<void> {
  if (!(await alive(identity))) return
  try {
    globalThis.process.kill(identity.pid, name)
  } catch {
    // It ended in between.
  }
}

/** Waits until `done` says so or `timeoutMs` have passed; resolves with what `done` said last. */
export async function waitUntil(done: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; await delay(50)) {
    if (await done()) return true
  }
  return done()
}
