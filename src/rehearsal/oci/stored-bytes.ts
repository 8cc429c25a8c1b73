import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
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

/** Reads a piece of an object; shorter where it ends. */
export async function readObject(world: World, object: ObjectRecord, offset: number, length: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let begin = 0
  for (const { file, bytes } of object.parts) {
    const from = Math.max(offset, begin)
    const to = Math.min(offset + length, begin + bytes)
    if (from < to) pieces.push(await readPiece(await world.disks.path(file), from - begin, to - from))
    begin += bytes
  }
  return Buffer.concat(pieces)
}

async function readPiece(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const into = Buffer.alloc(length)
    await file.read(into, 0, length, offset)
    return into
  } finally {
    await file.close()
  }
}

/** All of an object. */
export async function wholeObject(world: World, { parts }: ObjectRecord): Promise<Buffer> {
  return Buffer.concat(await Promise.all(parts.map(async ({ file }) => readFile(await world.disks.path(file)))))
}
