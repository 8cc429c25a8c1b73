import type { Json } from '../kit/json.ts'
import type { World as KitWorld } from '../kit/stand-in.ts'
import type { GcpRecords } from './records.ts'

/** Everything the operations work on. */
export type World = KitWorld<GcpRecords>

/** One authenticated and authorised request. */
export interface Call {
  /** The parts of the path by their names in the operation's pattern. */
  readonly at: Readonly<Record<string, string>>
  /** The path of the resource below `/compute/v1/`, without what is to be done to it (`/deprecate`). */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Json
  readonly world: World
  /** Epoch milliseconds, the same for the whole call. */
  readonly now: number
}

/** One method of the API. */
export interface Operation {
  /** `GET projects/:project/zones/:zone`. */
  readonly pattern: string
  /** Permissions it asks for, which may depend on what the body says. */
  readonly permissions: readonly string[] | ((body: Json) => readonly string[])
  /** Query parameters besides the common ones. */
  readonly query?: readonly string[]
  /** Members of the body that are acted on (dotted; a name covers all below it). Any other with a value is answered 501. */
  readonly body?: readonly string[]
  readonly run: (call: Call) => Json | Promise<Json>
}

/** Methods by their id, `compute.images.insert`. */
export type Operations = Readonly<Record<string, Operation>>
