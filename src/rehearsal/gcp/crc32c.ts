/** CRC-32C (RFC 3720, appendix B.4), which Node does not have. */
const table: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value >>> 0
})

/** Goes on with `before`, the sum of the bytes so far. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let sum = ~before >>> 0
  for (const byte of bytes) sum = (table[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8)
  return ~sum >>> 0
}
