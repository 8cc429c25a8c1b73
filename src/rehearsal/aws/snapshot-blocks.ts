import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'

/** Bytes per block of a snapshot. https://docs.aws.amazon.com/ebs/latest/userguide/ebsapi-elements.html (2026-11) */
export const blockBytes: number = 512 * 1024

/** Blocks per GiB. */
export const blocksPerGiB: number = 1024 ** 3 / blockBytes

const digestBytes = 32

/**
 * The list of a disk's blocks that were put: a file beside it with the SHA-256 of each block at the block's own place,
 * and holes elsewhere. Like the disk it is written in place, so that what was answered survives kill -9.
 */
export function blockListOf(disk: string): string {
  return `${disk}.blocks`
}

function opened<T>(file: string, flags: 'r' | 'r+', use: (descriptor: number) => T): T {
  const descriptor = openSync(file, flags)
  try {
    return use(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Begins the list of a disk that is to be put together from blocks. `disk` is a path. */
export function beginBlocks(disk: string): void {
  writeFileSync(blockListOf(disk), '', { mode: 0o600 })
}

/**
 * Writes a block in place, and that it was. Done at a stroke, so that no other call ever sees half of it; to the page
 * cache, which outlives this process.
 */
export function putBlock(disk: string, index: number, bytes: Uint8Array, digest: Uint8Array): void {
  opened(disk, 'r+', (descriptor) => writeSync(descriptor, bytes, 0, bytes.length, index * blockBytes))
  opened(blockListOf(disk), 'r+', (descriptor) => writeSync(descriptor, digest, 0, digestBytes, index * digestBytes))
}

/** A block of the disk; what is beyond the end of the file reads as zeros. */
export function readBlock(disk: string, index: number): Buffer {
  const block = Buffer.alloc(blockBytes)
  opened(disk, 'r', (descriptor) => readSync(descriptor, block, 0, blockBytes, index * blockBytes))
  return block
}

/** Calls `visit` for every block of the list from `start` on, in their order, until it answers false. */
function eachBlock(disk: string, start: number, visit: (index: number, digest: Buffer) => boolean): void {
  const chunk = Buffer.alloc(digestBytes * 32 * 1024)
  const none = Buffer.alloc(digestBytes)
  opened(blockListOf(disk), 'r', (descriptor) => {
    for (let at = start * digestBytes; ; ) {
      const read = readSync(descriptor, chunk, 0, chunk.length, at)
      if (read === 0) return
      for (let offset = 0; offset + digestBytes <= read; offset += digestBytes) {
        const digest = chunk.subarray(offset, offset + digestBytes)
        // Most of a sparse disk's list is a hole.
        if (!digest.equals(none) && !visit((at + offset) / digestBytes, digest)) return
      }
      at += read
    }
  })
}

/**
 * How many blocks were put, and the SHA-256 over their own in the order of their places: the method LINEAR of
 * https://docs.aws.amazon.com/ebs/latest/userguide/ebsapis-using-checksums.html (2026-11).
 */
export function sumOfBlocks(disk: string): { readonly count: number; readonly digest: Buffer } {
  const hash = createHash('sha256')
  let count = 0
  eachBlock(disk, 0, (_, digest) => {
    hash.update(digest)
    count += 1
    return true
  })
  return { count, digest: hash.digest() }
}

/** The places of the first `limit` blocks from `start` on: those that were put. */
export function blocksPut(disk: string, start: number, limit: number): readonly number[] {
  const found: number[] = []
  eachBlock(disk, start, (index) => {
    found.push(index)
    return found.length < limit
  })
  return found
}

/** The same for a disk that was never put together from blocks: those that hold anything but zeros. */
export function blocksHeld(disk: string, start: number, limit: number): readonly number[] {
  const block = Buffer.alloc(blockBytes)
  const zeros = Buffer.alloc(blockBytes)
  const found: number[] = []
  opened(disk, 'r', (descriptor) => {
    for (let index = start; found.length < limit; index += 1) {
      const read = readSync(descriptor, block, 0, blockBytes, index * blockBytes)
      if (read === 0) return
      if (block.compare(zeros, 0, read, 0, read) !== 0) found.push(index)
    }
  })
  return found
}
