const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

/** CRC-32C (Castagnoli) continued from `seed`, without the last inversion, as ext4 uses it. */
export function crc32c(seed: number, bytes: Uint8Array): number {
  let value = seed
  for (let index = 0; index < bytes.length; index++) {
    value = (table[(value ^ (bytes[index] ?? 0)) & 0xff] ?? 0) ^ (value >>> 8)
  }
  return value >>> 0
}

/** The same over a number of 32 bits, little-endian. */
export function crc32cOfNumber(seed: number, value: number): number {
  return crc32c(seed, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24))
}
