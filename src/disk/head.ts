import type { Bytes } from './disk.ts'

/** The bytes from `offset` on: `length` of them, or fewer at the end. */
export async function readUpTo(bytes: Bytes, offset: number, length: number): Promise<Buffer> {
  const there = Buffer.alloc(Math.max(0, Math.min(length, bytes.sizeBytes - offset)))
  if (there.length > 0) await bytes.read(offset, there)
  return there
}

/** A number of 64 bits as one of JavaScript's; what is too large to be an offset becomes `Infinity`. */
export function numberOf(value: bigint): number {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY
}
