import { notImplemented } from './alibaba-error.ts'
import type { Reader } from './oss-bytes.ts'

/** The disk that a qcow2 file holds. */
export interface Contents {
  /** Of the disk, in bytes. */
  readonly bytes: number
  /** Its parts that hold something, in order. */
  clusters(): Iterable<{ readonly offset: number; readonly data: Buffer }>
}

const magic = 0x514649fb

/**
 * Reads a qcow2 file of version 2 or 3; what it says that cannot be true is an error of that text.
 * https://www.qemu.org/docs/master/interop/qcow2.html (2026-11)
 */
export function readQcow2(file: Reader): Contents {
  const head = file.read(0, 104)
  if (head.length < 72 || head.readUInt32BE(0) !== magic) throw new Error('it is no qcow2 file')
  const version = head.readUInt32BE(4)
  const bits = head.readUInt32BE(20)
  if ((version !== 2 && version !== 3) || bits < 9 || bits > 21) throw new Error('its header cannot be read')
  if (head.readBigUInt64BE(8) !== 0n) throw new Error('it has a backing file')
  if (head.readUInt32BE(32) !== 0) throw new Error('it is encrypted')
  if (version === 3 && head.readBigUInt64BE(72) !== 0n) throw notImplemented('qcow2 with incompatible features')
  const bytes = Number(head.readBigUInt64BE(24))
  const cluster = 2 ** bits
  const entries = cluster / 8
  const needed = Math.ceil(bytes / (cluster * entries))
  const first = file.read(Number(head.readBigUInt64BE(40)), needed * 8)
  if (head.readUInt32BE(36) < needed || first.length < needed * 8) throw new Error('its table is cut short')

  function placeIn(table: Buffer, index: number): number {
    const entry = table.readBigUInt64BE(index * 8)
    if ((entry & (1n << 62n)) !== 0n) throw notImplemented('compressed clusters in qcow2')
    // Bit 0 says that the cluster reads as zeros.
    return (entry & 1n) === 1n ? 0 : Number(entry & 0x00ff_ffff_ffff_fe00n)
  }

  return {
    bytes,
    *clusters() {
      for (let upper = 0; upper < needed; upper++) {
        const at = placeIn(first, upper)
        if (at === 0) continue
        const table = file.read(at, cluster)
        if (table.length < cluster) throw new Error(`the table at ${at} is cut short`)
        for (let lower = 0; lower < entries; lower++) {
          const offset = (upper * entries + lower) * cluster
          const place = placeIn(table, lower)
          if (offset >= bytes || place === 0) continue
          const data = file.read(place, Math.min(cluster, bytes - offset))
          if (data.length < Math.min(cluster, bytes - offset)) throw new Error(`the cluster at ${place} is cut short`)
          yield { offset, data }
        }
      }
    },
  }
}
