import type { World as KitWorld } from '../kit/stand-in.ts'
import type { Output } from './answer.ts'
import type { Input } from './input.ts'
import type { AwsRecords, RegionRecords } from './records.ts'

/** Everything the operations work on. */
export type World = KitWorld<AwsRecords>

/** One authenticated, authorised and checked request. */
export interface Call {
  readonly operation: string
  readonly input: Input
  readonly region: string
  /** The records of `region`. */
  readonly here: RegionRecords
  readonly world: World
  /** Epoch milliseconds, the same for the whole call. */
  readonly now: number
}

/** One operation of the API. */
export interface Operation {
  /** Member names (dotted; a name covers all below it) that are acted on. Any other member is answered 501. */
  readonly supports: readonly string[]
  /** Kinds of resources it makes, as they are called in ARNs and tag specifications. */
  readonly creates?: readonly string[]
  readonly run: (call: Call) => Output | Promise<Output>
}

/** A room of operations by name. */
export type Operations = Readonly<Record<string, Operation>>
