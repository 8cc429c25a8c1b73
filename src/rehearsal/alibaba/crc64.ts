/** CRC-64 of ECMA-182 with reflected bits, as `x-oss-hash-crc64ecma` tells it; begun with all ones, and inverted at the end. */
const low = new Uint32Array(256)
const high = new Uint32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let [a, b] = [byte, 0]
  for (let bit = 0; bit < 8; bit++) {
    const odd = (a & 1) === 1
    a = (a >>> 1) | ((b & 1) << 31)
    b >>>= 1
    if (odd) {
      a ^= 0xd787_0f42
      b ^= 0xc96c_5795
    }
  }
  low[byte] = a
  high[byte] = b
}

/** A checksum that bytes are added to. */
export interface Crc64 {
  add(bytes: Uint8Array): void
  /** In decimal. */
  told(): string
}

/** Begins one. */
export function openCrc64(): Crc64 {
  let a = 0xffff_ffff
  let b = 0xffff_ffff
  return {
    add(bytes) {
      let [c, d] = [a, b]
      for (let at = 0; at < bytes.length; at++) {
        const index = (c ^ (bytes[at] ?? 0)) & 255
        c = ((c >>> 8) | (d << 24)) ^ (low[index] ?? 0)
        d = (d >>> 8) ^ (high[index] ?? 0)
      }
      a = c
      b = d
    },
    told: () => ((BigInt(~b >>> 0) << 32n) | BigInt(~a >>> 0)).toString(),
  }
}
