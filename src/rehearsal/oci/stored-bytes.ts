import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { World } from './call.ts'
import type { ObjectRecord, StoredBytes } from './records.ts'

/** Keeps bytes in a file of their own. */
export async function keepBytes({ disks }: World, bytes: Buffer): Promise<StoredBytes> {
  const file = `${randomUUID()}.part`
  writeFileSync(await disks.path(file), bytes, { mode: 0o600 })
  return { file, bytes: bytes.length }
}

/** Removes the bytes of what is no more. */
export async function removeBytes({ disks }: World, parts: readonly StoredBytes[]): Promise<void> {
  for (const { file } of parts) await disks.remove(file)
}

/** The files of all objects and unfinished uploads. */
export function bytesKept({ records }: World): readonly StoredBytes[] {
  return Object.values(records.buckets ?? {}).flatMap(({ objects, uploads }) => [
    ...Object.values(objects).flatMap(({ parts }) => parts),
    ...Object.values(uploads).flatMap(({ parts }) => Object.values(parts)),
  ])
}

/** Reads an object piece by piece, over files that stay open. */
export interface ObjectReader {
  /** Shorter where the object ends. */
  read(offset: number, length: number): Promise<Buffer>
  close(): Promise<void>
}

/** Opens an object for many reads. */
export function openObject({ disks }: World, { parts }: Pick<ObjectRecord, 'parts'>): ObjectReader {
  const opened = new Map<string, Promise<FileHandle>>()
  function handleOf(file: string): Promise<FileHandle> {
    const handle = opened.get(file) ?? disks.path(file).then((path) => open(path, 'r'))
    opened.set(file, handle)
    return handle
  }
  return {
    async read(offset, length) {
      const pieces: Buffer[] = []
      let begin = 0
      for (const { file, bytes } of parts) {
        const from = Math.max(offset, begin)
        const to = Math.min(offset + length, begin + bytes)
        if (from < to) {
          const piece = Buffer.alloc(to - from)
          await (await handleOf(file)).read(piece, 0, piece.length, from - begin)
          pieces.push(piece)
        }
        begin += bytes
      }
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    },
    async close() {
      for (const handle of opened.values()) await (await handle).close()
    },
  }
}

/** A piece of an object. */
export async function readObject(world: World, object: ObjectRecord, offset: number, length: number): Promise<Buffer> {
  const reader = openObject(world, object)
  try {
    return await reader.read(offset, length)
  } finally {
    await reader.close()
  }
}
