import type { Clock } from '../core/clock.ts'
import type { RemoteObject } from '../remote/remote-object.ts'
import type { CloudId, Environment, Permission } from './cloud.ts'

/** A kind of storage that disks are read from. Its parts load when it is opened. */
export interface DiskSource {
  /** What its addresses begin with, without `://`. */
  readonly scheme: string
  readonly cloud: CloudId
  /** What reading the object takes, and nothing more. @throws SindriError `usage` for an address that names none */
  permissions(address: string): readonly Permission[]
  /** @throws SindriError `usage`, `credentials`, `denied`, `not-found` */
  open(
    address: string,
    world: { readonly environment: Environment; readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<RemoteObject>
}
