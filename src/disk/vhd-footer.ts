import { createHash } from 'node:crypto'
import { numberOf } from './head.ts'

/** What the footer of a VHD tells. Sizes and offsets are bytes. */
export interface VhdFooter {
  /** The size the machine sees ("current size"). */
  readonly sizeBytes: number
  readonly kind: 'fixed' | 'dynamic' | 'differencing' | number
  /** Where the header of a dynamic disk is. */
  readonly dataOffset: number
}

const kinds = new Map<number, VhdFooter['kind']>([
  [2, 'fixed'],
  [3, 'dynamic'],
  [4, 'differencing'],
])
const cookie = 'conectix'

/** Bytes of a footer. */
export const vhdFooterBytes = 512

/** True when a footer seems to begin here. */
export function looksLikeVhdFooter(bytes: Buffer): boolean {
  return bytes.length >= vhdFooterBytes && bytes.toString('latin1', 0, 8) === cookie
}

/**
 * Reads a footer, or its copy at the start of a dynamic disk; undefined when its checksum is wrong.
 * Microsoft, "Virtual Hard Disk Image Format Specification" 1.0, page 6 (2026-11).
 */
export function readVhdFooter(bytes: Buffer): VhdFooter | undefined {
  if (!looksLikeVhdFooter(bytes) || bytes.readUInt32BE(64) !== vhdChecksum(bytes.subarray(0, 512), 64)) return undefined
  const kind = bytes.readUInt32BE(60)
  return {
    sizeBytes: numberOf(bytes.readBigUInt64BE(48)),
    kind: kinds.get(kind) ?? kind,
    dataOffset: numberOf(bytes.readBigUInt64BE(16)),
  }
}

/** The checksum of a header: the sum of its bytes without the checksum's own, all bits turned. */
export function vhdChecksum(header: Uint8Array, at: number): number {
  let sum = 0
  for (const [index, byte] of header.entries()) if (index < at || index >= at + 4) sum += byte
  return ~sum >>> 0
}

/**
 * The footer of a fixed disk of this size. It says what `qemu-img -o subformat=fixed,force_size` says, which Azure's
 * guide has people upload: the largest geometry and a creator known to mean it, since some readers (qemu is one) take
 * the size from the geometry of creators they do not know. Time and id come from the size alone, so that the same disk
 * makes the same file. https://learn.microsoft.com/azure/virtual-machines/linux/create-upload-generic (2026-11)
 */
export function fixedVhdFooter(sizeBytes: number): Buffer {
  const footer = Buffer.alloc(vhdFooterBytes)
  footer.write(cookie, 0, 'latin1')
  footer.writeUInt32BE(2, 8)
  footer.writeUInt32BE(0x10000, 12)
  footer.fill(0xff, 16, 24)
  footer.write('qem2', 28, 'latin1')
  footer.writeUInt32BE(0x50003, 32)
  footer.write('Wi2k', 36, 'latin1')
  footer.writeBigUInt64BE(BigInt(sizeBytes), 40)
  footer.writeBigUInt64BE(BigInt(sizeBytes), 48)
  footer.writeUInt16BE(0xffff, 56)
  footer.writeUInt8(16, 58)
  footer.writeUInt8(255, 59)
  footer.writeUInt32BE(2, 60)
  footer.set(createHash('sha256').update(`disk of ${sizeBytes} bytes`).digest().subarray(0, 16), 68)
  footer.writeUInt32BE(vhdChecksum(footer, 64), 64)
  return footer
}
