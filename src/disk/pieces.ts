import type { Bytes } from './disk.ts'
import { checkRange } from './runs.ts'

/** A stretch of a disk: zeros, stored plainly in the file from `at` on, or inside something packed. */
export type Piece =
  | { readonly kind: 'zeros'; readonly length: number }
  | { readonly kind: 'plain'; readonly length: number; readonly at: number }
  | {
      readonly kind: 'packed'
      readonly length: number
      readonly skip: number
      readonly unpack: () => Promise<Uint8Array>
    }

/** The `read` of a disk that its file holds in pieces. `locate` tells what begins at an offset, and for how long. */
export function readPieces(
  bytes: Bytes,
  sizeBytes: number,
  locate: (offset: number) => Promise<Piece>,
): (offset: number, into: Uint8Array) => Promise<void> {
  return async (offset, into) => {
    checkRange(offset, into.length, sizeBytes)
    let done = 0
    // Neighbours in the file are read together.
    let waiting = { at: 0, from: 0, length: 0 }
    const flush = async (): Promise<void> => {
      const { at, from, length } = waiting
      waiting = { at: 0, from: 0, length: 0 }
      if (length > 0) await bytes.read(at, into.subarray(from, from + length))
    }
    while (done < into.length) {
      const piece = await locate(offset + done)
      const length = Math.min(piece.length, into.length - done)
      if (piece.kind === 'plain' && waiting.length > 0 && waiting.at + waiting.length === piece.at) {
        waiting.length += length
      } else {
        await flush()
        if (piece.kind === 'plain') waiting = { at: piece.at, from: done, length }
        else if (piece.kind === 'zeros') into.fill(0, done, done + length)
        else into.set((await piece.unpack()).subarray(piece.skip, piece.skip + length), done)
      }
      done += length
    }
    await flush()
  }
}
