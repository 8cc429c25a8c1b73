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
  readonly folder: string
  /** Who runs and where it listens: written when the daemon answers. */
  readonly daemon: string
  /** Why the daemon did not come up. */
  readonly failure: string
  readonly log: string
  readonly lock: string
  readonly records: string
  readonly gcpRecords: string
  /** The key of the throw-away service account of Google Cloud. */
  readonly gcpKey: string
  readonly settings: string
  readonly journal: string
  readonly disks: string
  readonly gcpDisks: string
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
    records: join(folder, 'aws.json'),
    gcpRecords: join(folder, 'gcp.json'),
    gcpKey: join(folder, 'gcp-key.json'),
    settings: join(folder, 'settings.json'),
    journal: join(folder, 'requests.ndjson'),
    disks: join(folder, 'disks'),
    gcpDisks: join(folder, 'gcp-disks'),
    machines: join(folder, 'machines'),
    sockets: join(folder, 'm'),
  }
}
