import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { crc64, joinedCrc64 } from './crc64.ts'

test('the check value of the catalogue of checksums, and of nothing', () => {
  // CRC-64/XZ of https://reveng.sourceforge.io/crc-catalogue/all.htm
  expect(crc64(Buffer.from('123456789'))).toBe(0x995d_c9bb_df19_39fan)
  expect(crc64(new Uint8Array())).toBe(0n)
})

test('parts in a row have the checksum of the whole, whatever their lengths', () => {
  const bytes = randomBytes(100_003)
  const cuts = [0, 1, 8, 9, 4_096, 8_192, 70_001, bytes.length]
  const parts = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index] ?? 0, end))
  expect(joinedCrc64(parts.map((part) => ({ crc64: crc64(part), length: part.length })))).toBe(crc64(bytes))
})
