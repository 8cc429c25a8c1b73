import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { messageOf, SindriError } from '../core/error.ts'
import { openDaemon } from './daemon.ts'
import { bases, copyDisk, makeBase, openMachines } from './instances/index.ts'
import { takeLock } from './kit/lock.ts'
import { openStore } from './kit/store.ts'
import { filesOf, type Places } from './places.ts'

/** Why a daemon did not come up, left for whoever asked for it. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

async function serveLocked(places: Places, signal: AbortSignal): Promise<void> {
  const files = filesOf(places)
  const tell = (line: string): void => appendFileSync(files.log, `${line}\n`, { mode: 0o600 })
  const ground = {
    machines: await openMachines({ folder: files.machines, cache: places.cache, tell }),
    bases: await bases(places.cache),
    copyDisk,
    base: (name: Parameters<typeof makeBase>[0]) => makeBase(name, { cache: places.cache, tell, signal }),
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => end())
  if (signal.aborted) end()
  const daemon = await openDaemon({ places, ground, now: Date.now, tell, onDown: end })
  await ended
  await daemon.close()
}

/**
 * The daemon itself: answers until `signal` or `down`. Returns at once when another one already serves these places.
 * When it cannot start it says why in a file that `up` reads.
 */
export async function serve(places: Places, signal: AbortSignal): Promise<void> {
  const files = filesOf(places)
  mkdirSync(files.folder, { recursive: true, mode: 0o700 })
  const release = takeLock(files.lock)
  if (release === undefined) return
  try {
    rmSync(files.failure, { force: true })
    rmSync(files.daemon, { force: true })
    await serveLocked(places, signal)
  } catch (error) {
    const known =
      error instanceof SindriError ? { code: error.code, ...(error.hint && { hint: error.hint }) } : { code: 'failed' }
    openStore<Failure>(files.failure, { ...known, message: messageOf(error) }).save()
    throw error
  } finally {
    release()
  }
}
