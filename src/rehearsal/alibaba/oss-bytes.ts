import { createHash, randomUUID } from 'node:crypto'
import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import type { World } from './call.ts'
import { openCrc64 } from './crc64.ts'
import type { BucketRecord, Piece } from './records.ts'

/** All the bytes a bucket keeps: of objects and of uploads that are not whole. */
export function piecesOf({ objects, uploads }: BucketRecord): readonly Piece[] {
  return [
    ...Object.values(objects).flatMap(({ pieces }) => pieces),
    ...Object.values(uploads).flatMap(({ parts }) => Object.values(parts)),
  ]
}

/** Keeps bytes in a file of their own, in the folder of disks. */
export async function keep(world: World, bytes: Buffer): Promise<Piece> {
  const file = `${randomUUID()}.part`
  writeFileSync(await world.disks.path(file), bytes, { mode: 0o600 })
  return { file, bytes: bytes.length, md5: createHash('md5').update(bytes).digest('hex').toUpperCase() }
}

/** Removes bytes that the records no longer name: these are saved before. */
export async function forget(world: World, pieces: readonly Piece[]): Promise<void> {
  if (pieces.length > 0) world.save()
  for (const { file } of pieces) await world.disks.remove(file)
}

/** The checksum of pieces in a row, in decimal. */
export async function crc64Of(world: World, pieces: readonly Piece[]): Promise<string> {
  const sum = openCrc64()
  for (const { file } of pieces) sum.add(readFileSync(await world.disks.path(file)))
  return sum.told()
}

/** Pieces in a row, read from anywhere. */
export interface Reader {
  readonly bytes: number
  /** As many bytes as there are, `length` at most. */
  read(at: number, length: number): Buffer
  close(): void
}

/** Opens them. */
export async function openPieces(world: World, pieces: readonly Piece[]): Promise<Reader> {
  let end = 0
  const opened: { readonly from: number; readonly to: number; readonly handle: number }[] = []
  for (const { file, bytes } of pieces) {
    opened.push({ from: end, to: end + bytes, handle: openSync(await world.disks.path(file), 'r') })
    end += bytes
  }
  return {
    bytes: end,
    read(at, length) {
      const into = Buffer.alloc(Math.max(0, Math.min(length, end - at)))
      for (const { from, to, handle } of opened) {
        const [first, last] = [Math.max(from, at), Math.min(to, at + into.length)]
        if (first < last) readSync(handle, into, first - at, last - first, first - from)
      }
      return into
    },
    close() {
      for (const { handle } of opened) closeSync(handle)
    },
  }
}
