import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Disk } from './disk.ts'

const chunkBytes = 1 << 20
const zeros = Buffer.alloc(chunkBytes)
/** Holes are hashed without waiting for anything, so now and then others get their turn. */
const turnBytes = 64 << 20

/** How far a digest is, in bytes of the disk. */
export type DigestProgress = (doneBytes: number, sizeBytes: number) => void

/**
 * The SHA-256, in hex, of what a machine would read from the disk: the same however it is written down. Holes are
 * hashed and not read, which still takes the time of hashing (about 1.6 GB a second).
 */
export async function digestOf(disk: Disk, onProgress?: DigestProgress): Promise<string> {
  const hash = createHash('sha256')
  const { sizeBytes } = disk
  let done = 0
  let reported = 0

  async function tell(): Promise<void> {
    if (done - reported < turnBytes && done < sizeBytes) return
    reported = done
    onProgress?.(done, sizeBytes)
    await setImmediate()
  }

  async function addZeros(end: number): Promise<void> {
    while (done < end) {
      const length = Math.min(chunkBytes, end - done)
      hash.update(zeros.subarray(0, length))
      done += length
      await tell()
    }
  }

  for await (const { offset, data } of chunksOf(disk)) {
    await addZeros(offset)
    hash.update(data)
    done += data.length
    await tell()
  }
  await addZeros(sizeBytes)
  return hash.digest('hex')
}

interface Chunk {
  readonly offset: number
  readonly data: Uint8Array
}

/** The bytes of the extents in order, the next chunk being read while one is used; a chunk is good until the next but one. */
async function* chunksOf(disk: Disk): AsyncGenerator<Chunk> {
  const buffers = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)] as const
  let turn = 0
  let reading: Promise<Chunk> | undefined
  for (const run of disk.extents) {
    for (let at = run.offset; at < run.offset + run.length; at += chunkBytes) {
      const previous = await reading
      const data = buffers[turn % 2 === 0 ? 0 : 1].subarray(0, Math.min(chunkBytes, run.offset + run.length - at))
      turn += 1
      reading = disk.read(at, data).then(() => ({ offset: at, data }))
      // Its failure is met when it is awaited; until then it is nobody's.
      reading.catch(() => undefined)
      if (previous !== undefined) yield previous
    }
  }
  if (reading !== undefined) yield await reading
}
