import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { installDial } from './dial.ts'
import { type InProcess, openInProcess } from './in-process.ts'
import type { Settings } from './kit/settings.ts'
import { filesOf, type Places } from './places.ts'
import type { Rehearsal } from './rehearsal.ts'

/** A rehearsal of the test that runs: another one, over empty files, for each test. */
export interface RehearsalHere {
  /** A temporary folder; the places are in it. */
  readonly folder: string
  readonly places: Places
  readonly rehearsal: Rehearsal
  readonly machines: InProcess['machines']
  /** What the stand-ins' clock shows, in epoch milliseconds; at first the real time. */
  now: number
  /** Opens it anew with these settings and no others, as a daemon that was started again. */
  reopen(settings?: object): Promise<void>
}

/**
 * Opens a rehearsal before each test of a file and closes it behind it; clients reach it under vendors' own host names.
 * `opened` is called each time it was opened. `next` moves the clock whenever the stand-ins look at it; otherwise it
 * stands still, unless a test sets it.
 */
export function useRehearsal(
  opened: () => void | Promise<void> = () => {},
  next: (now: number) => number = (now) => now,
): RehearsalHere {
  let folder = ''
  let places: Places = { home: '', cache: '' }
  let open: InProcess

  async function start(): Promise<void> {
    open = await openInProcess(places, () => {
      here.now = next(here.now)
      return here.now
    })
    // The last one installed is the first asked, and passes loopback on to those before it.
    installDial(open.rehearsal)
    await opened()
  }

  const here: RehearsalHere = {
    get folder() {
      return folder
    },
    get places() {
      return places
    },
    get rehearsal() {
      return open.rehearsal
    },
    get machines() {
      return open.machines
    },
    now: 0,
    async reopen(settings = {}) {
      await open.close()
      const none: Settings = { policy: null, faults: [], ports: { port: 0, tlsPort: 0 } }
      writeFileSync(filesOf(places).settings, JSON.stringify({ ...none, ...settings }))
      await start()
    },
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sindri-rehearsal-'))
    places = { home: join(folder, 'home'), cache: join(folder, 'cache') }
    here.now = Date.now()
    await start()
  })

  afterEach(async () => {
    await open.close()
    rmSync(folder, { recursive: true })
  })

  return here
}
