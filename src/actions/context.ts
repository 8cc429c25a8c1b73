import type { Clock } from '../core/clock.ts'
import type { Emit } from '../core/events.ts'
import type { Rehearsal } from '../rehearsal/index.ts'

/** Everything an action takes from the world around it; `cli.ts` makes one from the process, a program makes its own. */
export interface Context {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Folder of all local state; `SINDRI_HOME`. */
  readonly home: string
  /** Folder of what can be made again: bases, executables, versions. */
  readonly cache: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly self: Self
  /** Who holds leases: this process. */
  readonly processId: number
  readonly hostName: string
  /** Set while the clouds are rehearsed on this machine. */
  readonly rehearsal: Rehearsal | undefined
}

/** The running Sindri itself. */
export interface Self {
  readonly version: string
  /** The argv that runs it again, without arguments. */
  readonly command: readonly string[]
  /** The Node binary that runs it. */
  readonly node: string
  /** Its version, `v24.21.0`. */
  readonly nodeVersion: string
  /** The whole CLI in one file, for an executable inside images. */
  readonly bundle: string
  /** Folder with `provision/` and `extensions/`. */
  readonly assets: string
}
