import type { Disks } from '../kit/disks.ts'
import type { Base, Machines } from '../kit/machines.ts'
import type { MetadataSockets } from '../kit/metadata-sockets.ts'
import type { Output } from './answer.ts'
import type { Input } from './input.ts'
import type { AwsRecords, RegionRecords } from './records.ts'

/** A base disk the stand-in may offer as a stock image, and whether it can be made here. */
export interface Stock {
  readonly name: Base['name']
  readonly arch: Base['arch']
  readonly offered: boolean
}

/** Everything the operations work on. */
export interface World {
  readonly records: AwsRecords
  readonly stock: readonly Stock[]
  readonly machines: Machines
  readonly disks: Disks
  readonly sockets: MetadataSockets
  /** The first two numbers of the loopback addresses that stand for public ones, for example `127.77`. */
  readonly loopback: string
  /** Writes the records; what was saved survives kill -9. */
  save(): void
}

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
