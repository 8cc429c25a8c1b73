import type { World as KitWorld } from '../kit/stand-in.ts'
import type { Output } from './answer.ts'
import type { Input } from './input.ts'
import type { AwsRecords, RegionRecords } from './records.ts'

/** Everything the operations work on. */
export type World = KitWorld<AwsRecords>

/** The body of a request as it came. */
export interface Payload {
  readonly bytes: Buffer
  /** Its SHA-256, worked out once for the signature and for whoever else asks. */
  sha256(): Buffer
}

/** One authenticated, authorised and checked request. */
export interface Call {
  /** As in host names and in the actions of policies: `ec2`, `ebs`, `ssm`. */
  readonly service: string
  readonly operation: string
  readonly input: Input
  readonly region: string
  /** The records of `region`. */
  readonly here: RegionRecords
  readonly world: World
  /** Epoch milliseconds, the same for the whole call. */
  readonly now: number
  readonly payload: Payload
}

/** One operation of the API. */
export interface Operation {
  /** Member names (dotted; a name covers all below it) that are acted on. Any other member is answered 501. */
  readonly supports: readonly string[]
  /** Kinds of resources it makes, as they are called in ARNs and tag specifications. */
  readonly creates?: readonly string[]
  /** What policies call it, where that is not its name. */
  readonly action?: string
  /** ARNs that a policy is asked about, where they are not those of EC2's resources among the parameters. */
  readonly resources?: (call: Call) => readonly string[]
  /**
   * Moves bytes of a disk, and is called thousands of times: runs beside other calls, saves no records, and is summed
   * up in the journal.
   */
  readonly movesBytes?: true
  readonly run: (call: Call) => Output | Promise<Output>
}

/** A room of operations by name. */
export type Operations = Readonly<Record<string, Operation>>
