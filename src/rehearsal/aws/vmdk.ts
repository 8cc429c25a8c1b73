import { inflateSync } from 'node:zlib'

const sector = 512
const magic = 'KDMV'
const compressed = 1 << 16
const markers = 1 << 17

/** The disk in a VMDK. */
export interface VmdkContents {
  /** Of the disk, in bytes. */
  readonly bytes: number
  /** Its grains that hold something, in order. */
  grains(): Iterable<{ readonly offset: number; readonly data: Buffer }>
}

/**
 * Reads a stream-optimized VMDK from its beginning to its end, the only kind that AWS imports; what is wrong with it is an
 * error of that text. https://docs.aws.amazon.com/vm-import/latest/userguide/prerequisites.html (2026-11); VMware, "Virtual
 * Disk Format 5.0" (technical note, 2011).
 * @param read so many bytes from there on, or fewer where the file ends
 */
export function readVmdk(read: (offset: number, length: number) => Buffer): VmdkContents {
  const head = read(0, sector)
  if (head.length < sector || head.toString('latin1', 0, 4) !== magic) throw new Error('it is no VMDK')
  const flags = head.readUInt32LE(8)
  if ((flags & compressed) === 0 || (flags & markers) === 0) throw new Error('it is not stream-optimized')
  const bytes = Number(head.readBigUInt64LE(12)) * sector
  const grainBytes = Number(head.readBigUInt64LE(20)) * sector
  const first = Number(head.readBigUInt64LE(64)) * sector
  if (grainBytes === 0 || grainBytes > 1 << 24) throw new Error(`its grains have ${grainBytes} bytes`)

  return {
    bytes,
    *grains() {
      let behind = -1
      for (let at = first; ; ) {
        const marker = read(at, sector)
        if (marker.length < sector) throw new Error('it is cut short')
        const value = Number(marker.readBigUInt64LE(0))
        const length = marker.readUInt32LE(8)
        if (length === 0) {
          if (marker.readUInt32LE(12) === 0) return
          at += (1 + value) * sector
          continue
        }
        const packed = read(at + 12, length)
        if (packed.length < length) throw new Error('it is cut short')
        const offset = value * sector
        if (offset <= behind || offset >= bytes) throw new Error(`a grain for ${offset} is out of place`)
        behind = offset
        yield { offset, data: inflateSync(packed, { maxOutputLength: grainBytes }) }
        at += Math.ceil((12 + length) / sector) * sector
      }
    },
  }
}
