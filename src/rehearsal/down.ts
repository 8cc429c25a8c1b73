import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { SindriError } from '../core/error.ts'
import { askDown, runningDaemon } from './control.ts'
import { sweep } from './instances/index.ts'
import { takeLock } from './kit/lock.ts'
import { filesOf, type Places } from './places.ts'

const endDeadlineMs = 20_000
const pollMs = 50

/** Ends the daemon, asked first; resolves with the lock no new daemon can take meanwhile. */
async function endDaemon(places: Places): Promise<{ readonly ended: boolean; readonly release: () => void }> {
  const daemon = await runningDaemon(places)
  const heard = daemon !== undefined && (await askDown(daemon))
  const deadline = Date.now() + endDeadlineMs
  while (Date.now() < deadline) {
    const release = takeLock(filesOf(places).lock)
    if (release !== undefined) return { ended: heard, release }
    await delay(pollMs)
  }
  if (daemon !== undefined) await promisify(execFile)('kill', ['-KILL', String(daemon.pid)]).catch(() => {})
  await delay(pollMs)
  const release = takeLock(filesOf(places).lock)
  if (release !== undefined) return { ended: true, release }
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
