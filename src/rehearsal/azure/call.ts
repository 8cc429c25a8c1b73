import type { Json } from '../kit/json.ts'
import type { World as KitWorld } from '../kit/stand-in.ts'
import type { AzureRecords } from './records.ts'
import type { Role } from './role.ts'

/** Everything the operations work on. */
export type World = KitWorld<AzureRecords>

/** One authenticated and authorised request. */
export interface Call {
  /** The parts of the path by their names in the operation's pattern. */
  readonly at: Readonly<Record<string, string>>
  /** The id of the resource, without what is to be done to it (`/deallocate`). */
  readonly id: string
  readonly method: string
  readonly query: URLSearchParams
  readonly body: Json
  readonly world: World
  /** Epoch milliseconds, the same for the whole call. */
  readonly now: number
  /** What the principal may do here; undefined stands for everything. */
  readonly role: Role | undefined
  /** The code of a fault that is to come in a location, if any. */
  fault(operation: string, location: string): string | undefined
  /** Refuses what the principal may not do besides the operation's own actions, and fails when a fault is to come. */
  check(operation: string, ...actions: readonly string[]): void
}

/** What is answered; without a body, nothing. */
export interface Reply {
  readonly status: number
  readonly body?: Json
  readonly headers?: Readonly<Record<string, string>>
}

/** One operation of the API. */
export interface Operation {
  /** `GET subscriptions/:subscription/resourceGroups/:group`. */
  readonly pattern: string
  /** Actions of role definitions it asks for. */
  readonly actions: readonly string[]
  /** Query parameters besides `api-version`. */
  readonly query?: readonly string[]
  /** Whether it would be refused now because of something that may be gone in a moment: then it is held back for a while. */
  readonly tooEarly?: (call: Call) => boolean
  readonly run: (call: Call) => Reply | Promise<Reply>
}

/** Operations by their name, `VirtualMachines.CreateOrUpdate`. */
export type Operations = Readonly<Record<string, Operation>>

/** The common answer. */
export function ok(body: Json): Reply {
  return { status: 200, body }
}
