import { join } from 'node:path'

/** Where the rehearsal keeps things. Everything but the bases is gone after `down`. */
export interface Places {
  /** State, for example ~/.local/state/sindri. */
  readonly home: string
  /** Base disks, for example ~/.cache/sindri. */
  readonly cache: string
}

/** The files under `home`. */
export interface Files {
  /** Beside the files below it has a folder for each cloud. */
  readonly folder: string
  /** Who runs and where it listens: written when the daemon answers. */
  readonly daemon: string
  /** Why the daemon did not come up. */
  readonly failure: string
  readonly log: string
  readonly lock: string
  readonly settings: string
  readonly journal: string
  readonly machines: string
  /** Short, because the path of a unix socket may have no more than about a hundred characters. */
  readonly sockets: string
}

/** The files of a rehearsal. */
export function filesOf(places: Places): Files {
  const folder = join(places.home, 'rehearsal')
  return {
    folder,
    daemon: join(folder, 'daemon.json'),
    failure: join(folder, 'failure.json'),
    log: join(folder, 'daemon.log'),
    lock: join(folder, 'lock'),
    settings: join(folder, 'settings.json'),
    journal: join(folder, 'requests.ndjson'),
    machines: join(folder, 'machines'),
    sockets: join(folder, 'm'),
  }
}
