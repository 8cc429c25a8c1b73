import type { Json } from '../kit/json.ts'
import type { World as KitWorld } from '../kit/stand-in.ts'
import type { Input } from './input.ts'
import type { AlibabaRecords } from './records.ts'

/** Everything the operations work on. */
export type World = KitWorld<AlibabaRecords>

/** One authenticated, authorised and checked request. */
export interface Call {
  readonly input: Input
  readonly region: string
  readonly world: World
  /** Epoch milliseconds, the same for the whole call. */
  readonly now: number
}

/** One operation of an API. */
export interface Operation {
  /** RAM actions it asks for. */
  readonly actions: readonly string[]
  /** Parameters that are acted on; a name covers `Name.1` and `Name.1.Key`. Any other is answered 501. */
  readonly supports: readonly string[]
  /** A read is carried out beside changes, and saves nothing. */
  readonly reads?: true
  readonly run: (call: Call) => Json | Promise<Json>
}

/** Operations by their name, `DescribeImages`. */
export type Operations = Readonly<Record<string, Operation>>
