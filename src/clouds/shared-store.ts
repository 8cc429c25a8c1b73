import type { Store } from '../core/store.ts'
import type { Environment, Permission } from './cloud.ts'
import type { PublisherId } from './disk-target.ts'

/** A place for the records of releases that several machines share. */
export interface SharedStore {
  /** As it is written in the config. */
  readonly name: string
  /** Whose credentials it takes. */
  readonly cloud: PublisherId
  /** What those must be allowed, and nothing more. */
  readonly permissions: readonly Permission[]
  /**
   * The records of one release. Calls nothing before it is needed.
   * @param rehearsed the bucket is made when it is missing: nobody else does that in a rehearsal
   */
  open(release: string, environment: Environment, rehearsed: boolean): Promise<Store>
}
