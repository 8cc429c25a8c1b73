import type { Json } from '../kit/json.ts'
import type { World as KitWorld } from '../kit/stand-in.ts'
import type { Caller } from './account.ts'
import type { OpenStackRecords } from './records.ts'

/** Everything the operations work on. */
export type World = KitWorld<OpenStackRecords>

/** One authenticated request to a Glance. */
export interface Call {
  /** The parts of the path by their names in the operation's pattern. */
  readonly at: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** An object, or the list of a patch. */
  readonly body: unknown
  readonly stream: AsyncIterable<Buffer>
  /** How many bytes the stream announces. */
  readonly length: number | undefined
  readonly region: string
  readonly world: World
  readonly caller: Caller
  /** Epoch milliseconds; looks at the clock. */
  now(): number
  /** Runs a change when all earlier ones are done, and saves. */
  inTurn<T>(change: () => T | Promise<T>): Promise<T>
}

/** What is answered. */
export interface Output {
  readonly status: number
  readonly json?: Json
  readonly bytes?: Buffer
}

/** One operation of the API. */
export interface Operation {
  /** `GET v2/images/:id`. */
  readonly pattern: string
  readonly run: (call: Call) => Output | Promise<Output>
}

/** Operations by name. */
export type Operations = Readonly<Record<string, Operation>>
