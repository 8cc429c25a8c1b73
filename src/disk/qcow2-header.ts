import { convertHint, damaged, refused } from './damage.ts'
import type { Bytes } from './disk.ts'
import { numberOf, readUpTo } from './head.ts'

/** What the header of a qcow2 file tells. Offsets and sizes are bytes. */
export interface Qcow2Header {
  readonly version: 2 | 3
  readonly sizeBytes: number
  readonly clusterBits: number
  readonly l1Entries: number
  readonly l1Offset: number
  readonly compression: 'zlib' | 'zstd'
}

export const qcow2Magic = 0x514649fb

/** As qemu itself limits it: an L1 table of 32 MiB. */
const mostL1Bytes = 32 << 20

/**
 * Reads the header of a qcow2 file of version 2 or 3, and refuses what would make its bytes mean something else.
 * https://www.qemu.org/docs/master/interop/qcow2.html (2026-11)
 * @throws SindriError `unsupported` naming the feature, `failed` when a field cannot be true
 */
export async function readQcow2Header(bytes: Bytes): Promise<Qcow2Header> {
  const head = await readUpTo(bytes, 0, 112)
  if (head.length < 72 || head.readUInt32BE(0) !== qcow2Magic) throw damaged('qcow2', 'it has no header')
  const version = head.readUInt32BE(4)
  if (version !== 2 && version !== 3) throw refused('qcow2', `its version is ${version}`, convertHint)
  if (version === 3 && head.length < 104) throw damaged('qcow2', 'its header is cut short')

  const clusterBits = head.readUInt32BE(20)
  if (clusterBits < 9 || clusterBits > 21) throw damaged('qcow2', `clusters of 2^${clusterBits} bytes`)
  if (head.readBigUInt64BE(8) !== 0n) throw refused('qcow2', 'it has a backing file', convertHint)
  const cipher = head.readUInt32BE(32)
  if (cipher !== 0)
    throw refused('qcow2', `it is encrypted (method ${cipher})`, 'decrypt it with qemu-img convert first')
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n
  refuseFeatures(features)

  const sizeBytes = numberOf(head.readBigUInt64BE(24))
  const l1Entries = head.readUInt32BE(36)
  const l1Offset = numberOf(head.readBigUInt64BE(40))
  const cluster = 2 ** clusterBits
  const needed = Math.ceil(sizeBytes / (cluster * (cluster / 8)))
  if (needed > mostL1Bytes / 8)
    throw refused('qcow2', `a disk of ${sizeBytes} bytes needs too large a table`, convertHint)
  if (l1Entries < needed) throw damaged('qcow2', `${l1Entries} L1 entries for ${sizeBytes} bytes`)
  if (l1Offset % cluster !== 0 || l1Offset + needed * 8 > bytes.sizeBytes) {
    throw damaged('qcow2', `its L1 table at ${l1Offset} is not in the file`)
  }
  const zstd = version === 3 && head.readUInt32BE(100) > 104 && (features & 8n) !== 0n
  if (zstd && head.readUInt8(104) !== 1)
    throw refused('qcow2', `its compression is ${head.readUInt8(104)}`, convertHint)
  return { version, sizeBytes, clusterBits, l1Entries: needed, l1Offset, compression: zstd ? 'zstd' : 'zlib' }
}

const repairHint = 'shut down the machine that uses it, then: qemu-img check -r all <this file>'

/** Only the kind of compression may differ from what every reader of version 2 knows. */
function refuseFeatures(features: bigint): void {
  if ((features & 1n) !== 0n) throw refused('qcow2', 'it was not closed cleanly (dirty bit)', repairHint)
  if ((features & 2n) !== 0n) throw refused('qcow2', 'it is marked as corrupt (corrupt bit)', repairHint)
  if ((features & 4n) !== 0n) throw refused('qcow2', 'its data is in another file (external data file)', convertHint)
  if ((features & 16n) !== 0n) throw refused('qcow2', 'it has sub-clusters (extended L2 entries)', convertHint)
  const unknown = features & ~31n
  if (unknown !== 0n)
    throw refused('qcow2', `it has unknown incompatible features 0x${unknown.toString(16)}`, convertHint)
}
