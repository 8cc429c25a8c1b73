import type { Clock } from '../core/clock.ts'
import type { RemoteObject } from '../remote/remote-object.ts'
import type { Environment } from './cloud.ts'

/** A kind of storage that disks are read from. Its parts load when it is opened. */
export interface DiskSource {
  /** What its addresses begin with, without `://`. */
  readonly scheme: string
  /** @throws SindriError `usage`, `credentials`, `denied`, `not-found` */
  open(
    address: string,
    world: { readonly environment: Environment; readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<RemoteObject>
}

/** The only list of storages that disks are read from. */
export const diskSources: readonly DiskSource[] = []
