import { damaged } from './damage.ts'
import type { Bytes, Disk, Extent } from './disk.ts'
import { readUpTo } from './head.ts'
import { type Piece, readPieces } from './pieces.ts'
import { type Qcow2Header, readQcow2Header } from './qcow2-header.ts'
import { remember } from './remember.ts'
import { gatherRuns } from './runs.ts'
import { unpackCluster } from './unpack.ts'

/** Memory for tables and for unpacked clusters, each. */
const keptBytes = 16 << 20
const offsetMask = 0x00ff_ffff
const packedBit = 0x4000_0000

/** Where a cluster is: nowhere (zeros), plainly in the file, or packed. */
type Place =
  | { readonly kind: 'zeros' }
  | { readonly kind: 'plain'; readonly at: number }
  | { readonly kind: 'packed'; readonly at: number; readonly length: number }

/**
 * Opens a qcow2 file of version 2 or 3 with clusters plain, compressed (zlib or zstd) or zero. Snapshots in it are
 * left aside: the disk is what a machine would see now.
 * https://www.qemu.org/docs/master/interop/qcow2.html (2026-11)
 * @throws SindriError `unsupported` naming the feature that is not read, `failed` when its tables cannot be true
 */
export async function openQcow2(bytes: Bytes): Promise<Disk> {
  const header = await readQcow2Header(bytes)
  const { sizeBytes, clusterBits } = header
  const cluster = 2 ** clusterBits
  const entries = cluster / 8
  const l1 = await readL1(bytes, header)
  const most = Math.max(4, keptBytes / cluster)
  const tables = remember<Buffer>(most)
  const unpacked = remember<Uint8Array>(most)
  const extents = await mappedRuns(bytes, header, l1)

  async function locate(offset: number): Promise<Piece> {
    const within = offset % cluster
    const length = cluster - within
    const index = Math.floor(offset / cluster)
    const at = l1[Math.floor(index / entries)] ?? 0
    if (at === 0) return { kind: 'zeros', length: (entries - (index % entries)) * cluster - within }
    const place = placeOf(await tables(at, () => readUpTo(bytes, at, cluster)), index % entries, header)
    if (place.kind === 'zeros') return { kind: 'zeros', length }
    if (place.kind === 'plain') return { kind: 'plain', at: place.at + within, length }
    const unpack = (): Promise<Uint8Array> =>
      unpacked(place.at, async () => {
        const source = await readUpTo(bytes, place.at, place.length)
        return unpackCluster(source, cluster, header.compression, place.at)
      })
    return { kind: 'packed', skip: within, length, unpack }
  }

  return {
    format: 'qcow2',
    sizeBytes,
    extents,
    read: readPieces(bytes, sizeBytes, locate),
    close: () => bytes.close(),
  }
}

/** The L2 tables' offsets, 0 where there is none; no table stands for two parts of the disk. */
async function readL1(bytes: Bytes, { l1Entries, l1Offset, clusterBits }: Qcow2Header): Promise<Float64Array> {
  const raw = await readUpTo(bytes, l1Offset, l1Entries * 8)
  const cluster = 2 ** clusterBits
  const l1 = new Float64Array(l1Entries)
  for (let index = 0; index < l1Entries; index += 1) {
    const at = offsetIn(raw, index * 8)
    if (at % cluster !== 0) throw damaged('qcow2', `L1 entry ${index} points to ${at}, which is no cluster`)
    if (at !== 0 && at + cluster > bytes.sizeBytes) {
      throw damaged('qcow2', `L1 entry ${index} points to ${at}, beyond the end of the file`)
    }
    l1[index] = at
  }
  const sorted = l1.slice().sort()
  for (let index = 1; index < sorted.length; index += 1) {
    if (sorted[index] !== 0 && sorted[index] === sorted[index - 1]) {
      throw damaged('qcow2', `two L1 entries point to ${sorted[index]}`)
    }
  }
  return l1
}

/** Reads every L2 table once: which clusters there are, and that the file is large enough to hold them all. */
async function mappedRuns(bytes: Bytes, header: Qcow2Header, l1: Float64Array): Promise<readonly Extent[]> {
  const { sizeBytes } = header
  const cluster = 2 ** header.clusterBits
  const entries = cluster / 8
  const runs = gatherRuns(sizeBytes)
  let left = bytes.sizeBytes
  for (let upper = 0; upper < l1.length; upper += 1) {
    const at = l1[upper] ?? 0
    if (at === 0) continue
    const table = await readUpTo(bytes, at, cluster)
    for (let lower = 0; lower < entries; lower += 1) {
      const offset = (upper * entries + lower) * cluster
      if (offset >= sizeBytes) break
      const place = placeOf(table, lower, header)
      if (place.kind === 'zeros') continue
      const length = place.kind === 'plain' ? Math.min(cluster, sizeBytes - offset) : 1
      if (place.at + length > bytes.sizeBytes) {
        throw damaged('qcow2', `the cluster for ${offset} is at ${place.at}, beyond the end of the file`)
      }
      left -= length
      if (left < 0) throw damaged('qcow2', 'it maps more bytes than the file has')
      runs.add(offset, cluster)
    }
  }
  return runs.done()
}

function placeOf(table: Buffer, index: number, { clusterBits, version }: Qcow2Header): Place {
  const high = table.readUInt32BE(index * 8)
  const low = table.readUInt32BE(index * 8 + 4)
  if ((high & packedBit) !== 0) return packedPlace(table.readBigUInt64BE(index * 8), clusterBits)
  if (version === 3 && (low & 1) !== 0) return { kind: 'zeros' }
  const at = offsetIn(table, index * 8)
  if (at === 0) return { kind: 'zeros' }
  if (at % 2 ** clusterBits !== 0) throw damaged('qcow2', `an L2 entry points to ${at}, which is no cluster`)
  return { kind: 'plain', at }
}

/** A packed cluster begins at any byte; its length is told in sectors that it touches. */
function packedPlace(entry: bigint, clusterBits: number): Place {
  const offsetBits = BigInt(62 - (clusterBits - 8))
  const at = Number(entry & ((1n << offsetBits) - 1n))
  const sectors = Number((entry & ((1n << 62n) - 1n)) >> offsetBits)
  return { kind: 'packed', at, length: (sectors + 1) * 512 - (at % 512) }
}

/** Bits 9 to 55 of an entry. */
function offsetIn(table: Buffer, at: number): number {
  return (table.readUInt32BE(at) & offsetMask) * 2 ** 32 + ((table.readUInt32BE(at + 4) & ~511) >>> 0)
}
