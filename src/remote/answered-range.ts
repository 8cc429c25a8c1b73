import { SindriError } from '../core/error.ts'

/** The largest disk that any cloud takes. */
const mostBytes = 64 * 1024 ** 4

/** What `Content-Range` says of the bytes that come. RFC 9110, 14.4. */
export interface AnsweredRange {
  readonly offset: number
  readonly length: number
  /** Of the whole object. */
  readonly sizeBytes: number
}

/**
 * Reads `Content-Range: bytes 0-99/1234`.
 * @throws SindriError `unsupported` where it does not say what was sent of how much, or more than a disk can have
 */
export function answeredRange(header: string | undefined, name: string): AnsweredRange {
  const found = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(header ?? '')
  const [first, last, sizeBytes] = (found?.slice(1) ?? []).map(Number)
  if (first === undefined || last === undefined || sizeBytes === undefined || last < first || last >= sizeBytes)
    throw new SindriError('unsupported', `${name}: its server does not say which bytes it sends (${header})`, {
      hint: 'download the disk, and give the file',
    })
  return { offset: first, length: last - first + 1, sizeBytes: possibleSize(sizeBytes, name) }
}

/** The size that a server tells. @throws SindriError `unsupported` for what is none, or more than a disk can have */
export function possibleSize(sizeBytes: number, name: string): number {
  if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && sizeBytes <= mostBytes) return sizeBytes
  throw new SindriError('unsupported', `${name}: its server tells of ${sizeBytes} bytes, which no cloud takes`, {
    hint: 'is it the URL of a disk?',
  })
}

/**
 * How many bytes an answer brings of those that were asked for.
 * @throws SindriError `conflict` where the object has another size than before, `unsupported` for other bytes
 */
export function lengthOfAnswer(
  header: string | undefined,
  name: string,
  asked: { readonly offset: number; readonly length: number; readonly sizeBytes: number },
): number {
  const { offset, length, sizeBytes } = answeredRange(header, name)
  if (sizeBytes !== asked.sizeBytes) throw changed(name)
  if (offset !== asked.offset || length > asked.length)
    throw new SindriError(
      'unsupported',
      `${name}: its server was asked for ${asked.length} bytes at ${asked.offset} and sends ${length} at ${offset}`,
      { hint: 'download the disk, and give the file' },
    )
  return length
}

/** It is not the object any more that it was. */
export function changed(name: string): SindriError {
  return new SindriError('conflict', `${name} changed while it was read`, {
    hint: 'run the command again when nobody writes there; a name of its own for each version keeps this from happening',
  })
}

/** The pieces of a body, cut off behind `length` bytes. @throws SindriError `failed` where more come */
export async function* cut(body: AsyncIterable<Uint8Array>, length: number, name: string): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const piece of body) {
    done += piece.length
    if (done > length)
      throw new SindriError('failed', `${name}: its server sends more than the ${length} bytes it told of`, {
        hint: 'download the disk, and give the file',
      })
    yield piece
  }
}
