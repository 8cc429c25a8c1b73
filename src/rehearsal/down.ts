import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { SindriError } from '../core/error.ts'
import { askDown } from './control.ts'
import { sweep } from './instances/index.ts'
import { alive, identify, type ProcessIdentity, signal, waitUntil } from './instances/process-identity.ts'
import { takeLock } from './kit/lock.ts'
import { readStore } from './kit/store.ts'
import { filesOf, type Places } from './places.ts'
import type { DaemonFile } from './rehearsal.ts'

const endDeadlineMs = 20_000
const killDeadlineMs = 1_000

/**
 * Ends the daemon: asked first, killed when it does not listen. Resolves when its process is gone, with the lock that
 * no new daemon can take meanwhile.
 */
async function endDaemon(places: Places): Promise<{ readonly ended: boolean; readonly release: () => void }> {
  const { lock, daemon: file } = filesOf(places)
  const free = takeLock(lock)
  // Whatever a crash has left in the file, its process is another by now.
  if (free !== undefined) return { ended: false, release: free }
  const daemon = readStore<DaemonFile>(file)
  const running = daemon === undefined ? undefined : await identify(daemon.pid)
  // One that starts has no file yet.
  const patient = daemon === undefined || (await askDown(daemon))
  const release = (await lockWithin(places, patient ? endDeadlineMs : 0)) ?? (await lockOfKilled(places, running))
  if (running !== undefined) await waitUntil(async () => !(await alive(running)), endDeadlineMs)
  return { ended: true, release }
}

async function lockWithin(places: Places, timeoutMs: number): Promise<(() => void) | undefined> {
  let release: (() => void) | undefined
  await waitUntil(async () => {
    release = takeLock(filesOf(places).lock)
    return release !== undefined
  }, timeoutMs)
  return release
}

async function lockOfKilled(places: Places, running: ProcessIdentity | undefined): Promise<() => void> {
  if (running !== undefined) await signal(running, 'SIGKILL')
  const release = await lockWithin(places, killDeadlineMs)
  if (release !== undefined) return release
  throw new SindriError('failed', `the rehearsal in ${places.home} does not end`, {
    hint: 'Another sindri process may be starting it. Try again.',
  })
}

/** Ends the rehearsal and leaves no process, mount or state of it, also after a crash. The bases stay in the cache. */
export async function down(places: Places): Promise<{ readonly stopped: readonly string[] }> {
  const files = filesOf(places)
  if (!existsSync(files.folder)) return { stopped: [] }
  const { ended, release } = await endDaemon(places)
  try {
    const machines = await sweep(files.machines)
    await rm(files.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    return { stopped: [...(ended ? ['daemon'] : []), ...machines] }
  } finally {
    release()
  }
}
