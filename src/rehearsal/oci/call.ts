import type { IncomingHttpHeaders } from 'node:http'
import type { Json } from '../kit/json.ts'
import type { World as KitWorld } from '../kit/stand-in.ts'
import type { OciRecords } from './records.ts'
import type { Region } from './regions.ts'

/** Everything the operations work on. */
export type World = KitWorld<OciRecords>

/** One authenticated request. */
export interface Call {
  /** The parts of the path by their names in the operation's pattern. */
  readonly at: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Json
  /** As it was sent, where it is no JSON. */
  readonly bytes: Buffer
  readonly headers: IncomingHttpHeaders
  readonly region: Region
  readonly world: World
  /** Epoch milliseconds, the same for the whole call. */
  readonly now: number
  readonly retryToken: string | undefined
  /** Refuses when the policy lacks one of these permissions in the compartment. */
  allow(permissions: readonly string[], compartmentId: string): void
}

/** What is answered: nothing for a removal; `next` is the token of the next page. */
export interface Output {
  readonly json?: unknown
  readonly next?: string
  readonly headers?: Readonly<Record<string, string>>
  /** In place of JSON. */
  readonly bytes?: Buffer
  /** Otherwise 200, or 204 where nothing is answered. */
  readonly status?: number
}

/** One operation of the API. */
export interface Operation {
  /** `GET images/:id`, below the version. */
  readonly pattern: string
  /** Query parameters that are acted on. Any other is answered 501. */
  readonly query?: readonly string[]
  /** Members of the body that are acted on (dotted; a name covers all below it). Any other with a value is answered 501. */
  readonly body?: readonly string[]
  /** The body is bytes and no JSON, and no part of the signature. */
  readonly raw?: boolean
  /** Asked by whoever has the URL. */
  readonly open?: boolean
  readonly run: (call: Call) => Output | Promise<Output>
}

/** Operations by Oracle's name of them, `LaunchInstance`. */
export type Operations = Readonly<Record<string, Operation>>
