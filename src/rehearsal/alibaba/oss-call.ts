import type { Json } from '../kit/json.ts'
import type { World } from './call.ts'

/** One authenticated and authorised request to a bucket or to an object in it. */
export interface OssCall {
  readonly world: World
  readonly bucket: string
  readonly region: string
  /** Empty for the bucket itself. */
  readonly key: string
  readonly query: URLSearchParams
  readonly body: Buffer
  /** What the client wrote on the object. */
  readonly meta: Readonly<Record<string, string>>
  header(name: string): string | undefined
  /** Epoch milliseconds, the same for the whole call. */
  readonly now: number
}

/** What is answered. */
export interface Words {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The root of a document, and what is in it. */
  readonly document?: readonly [string, Json]
  /** Bytes that were received, for the journal. */
  readonly bytesIn?: number
}

/** One operation of OSS, and how it is known. */
export interface OssOperation {
  readonly on: 'bucket' | 'object'
  readonly method: string
  /** The word in the query that tells it apart. */
  readonly word?: string
  /** Other words that are acted on; one that is not here is answered 501. */
  readonly words?: readonly string[]
  /** Headers of OSS's own that are acted on, or what they begin with. */
  readonly takes?: readonly string[]
  /** The RAM action it asks for. */
  readonly action: string
  /** A read is carried out beside changes, and saves nothing. */
  readonly reads?: true
  readonly run: (call: OssCall) => Words | Promise<Words>
}

/** Operations by their name, `UploadPart`. */
export type OssOperations = Readonly<Record<string, OssOperation>>

/** The text of the first element of this name. */
export function textIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replaceAll('&quot;', '"')
}
