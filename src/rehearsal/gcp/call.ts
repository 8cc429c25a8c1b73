import type { Disks } from '../kit/disks.ts'
import type { Base, Machines } from '../kit/machines.ts'
import type { MetadataSockets } from '../kit/metadata-sockets.ts'
import type { GcpRecords, Json } from './records.ts'

/** Everything the operations work on. */
export interface World {
  readonly records: GcpRecords
  /** The base disks that may be offered as stock images, and whether they can be made here. */
  readonly stock: readonly (Pick<Base, 'name' | 'arch'> & { readonly offered: boolean })[]
  readonly machines: Machines
  readonly disks: Disks
  readonly sockets: MetadataSockets
  /** The first two numbers of the loopback addresses that stand for external ones, for example `127.77`. */
  readonly loopback: string
  /** Writes the records; what was saved survives kill -9. */
  save(): void
}

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
  /** Permissions it asks for. */
  readonly permissions: readonly string[]
  /** Query parameters besides the common ones. */
  readonly query?: readonly string[]
  /** Members of the body that are acted on (dotted; a name covers all below it). Any other with a value is answered 501. */
  readonly body?: readonly string[]
  readonly run: (call: Call) => Json | Promise<Json>
}

/** Methods by their id, `compute.images.insert`. */
export type Operations = Readonly<Record<string, Operation>>
