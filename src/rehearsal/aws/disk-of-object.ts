import { hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import type { Call } from './call.ts'
import type { ObjectRecord } from './records.ts'
import { beginBlocks, blockBytes, blockListOf, putBlock } from './snapshot-blocks.ts'
import { readVmdk } from './vmdk.ts'

const bytesPerGiB = 1024 ** 3

/** Reads anywhere in an object, however many parts it is kept in. */
async function readerOf(call: Call, { parts }: ObjectRecord): Promise<(offset: number, length: number) => Buffer> {
  const files = await Promise.all(
    parts.map(async ({ file, bytes }) => ({ bytes, path: await call.world.disks.path(file) })),
  )
  return (offset, length) => {
    const into = Buffer.alloc(length)
    let filled = 0
    let start = 0
    for (const { path, bytes } of files) {
      const from = offset + filled - start
      if (from < bytes && filled < length) {
        const file = openSync(path, 'r')
        try {
          filled += readSync(file, into, filled, Math.min(length - filled, bytes - from), from)
        } finally {
          closeSync(file)
        }
      }
      start += bytes
    }
    return into.subarray(0, filled)
  }
}

/** How an object is read as a disk. */
interface Contents {
  /** Of the disk. */
  readonly bytes: number
  /** In order. */
  pieces(): Iterable<{ readonly offset: number; readonly data: Buffer }>
}

async function contentsOf(call: Call, object: ObjectRecord, format: string): Promise<Contents> {
  const read = await readerOf(call, object)
  if (format === 'VMDK') {
    const { bytes, grains } = readVmdk(read)
    return { bytes, pieces: grains }
  }
  return {
    bytes: object.bytes,
    *pieces() {
      for (let offset = 0; offset < object.bytes; offset += blockBytes)
        yield { offset, data: read(offset, Math.min(blockBytes, object.bytes - offset)) }
    },
  }
}

/**
 * The disk that an object holds, RAW or VMDK; what is zeros stays a hole.
 * @throws Error where the object is no such disk
 */
export async function diskOfObject(
  call: Call,
  object: ObjectRecord,
  format: string,
): Promise<{ readonly file: string; readonly sizeGiB: number }> {
  const { bytes, pieces } = await contentsOf(call, object, format)
  const sizeGiB = Math.max(1, Math.ceil(bytes / bytesPerGiB))
  const file = await call.world.disks.blank(sizeGiB)
  const disk = await call.world.disks.path(file)
  beginBlocks(disk)
  const zeros = Buffer.alloc(blockBytes)
  const block = Buffer.alloc(blockBytes)
  let index = 0

  function put(): void {
    if (block.compare(zeros) !== 0) putBlock(disk, index, block, hash('sha256', block, 'buffer'))
    block.fill(0)
  }

  try {
    for (const { offset, data } of pieces()) {
      const next = Math.floor(offset / blockBytes)
      if (next !== index) put()
      index = next
      data.copy(block, offset % blockBytes)
    }
    put()
  } catch (error) {
    await call.world.disks.remove(file)
    await call.world.disks.remove(blockListOf(file))
    throw error
  }
  return { file, sizeGiB }
}
