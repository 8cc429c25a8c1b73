import { randomUUID } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { World } from './call.ts'
import { notImplemented } from './oci-error.ts'
import type { ObjectRecord } from './records.ts'
import { type ObjectReader, openObject } from './stored-bytes.ts'

/** A raw disk that was read out of a file. */
export interface ImportedDisk {
  readonly file: string
  readonly sizeBytes: number
}

const magic = 0x514649fb
const offsetMask = 0x00ff_ffff_ffff_fe00n
const compressed = 1n << 62n
/** https://docs.oracle.com/iaas/Content/Compute/References/bringyourownimage.htm (2026-11) */
const largestBytes = 400e9

/**
 * Writes the disk of a qcow2 file as a raw one, holes and all; undefined with the reason for a file that is none.
 * https://www.qemu.org/docs/master/interop/qcow2.html (2026-11)
 */
export async function importQcow2(world: World, object: ObjectRecord): Promise<ImportedDisk | Refused> {
  const source = openObject(world, object)
  try {
    const layout = layoutOf(await source.read(0, 104))
    if ('why' in layout) return layout
    const { sizeBytes, l1Entries, l1Offset } = layout
    const l1 = await source.read(l1Offset, l1Entries * 8)
    if (l1.length < l1Entries * 8) return { why: 'the file ends in its L1 table' }
    const file = `${randomUUID()}.raw`
    const into = await open(await world.disks.path(file), 'wx', 0o600)
    let taken = false
    try {
      await into.truncate(sizeBytes)
      const why = await copyClusters(source, layout, l1, into)
      taken = why === undefined
      return why === undefined ? { file, sizeBytes } : { why }
    } finally {
      await into.close()
      if (!taken) await world.disks.remove(file)
    }
  } finally {
    await source.close()
  }
}

interface Refused {
  readonly why: string
}

interface Layout {
  readonly sizeBytes: number
  readonly cluster: number
  readonly l1Entries: number
  readonly l1Offset: number
}

function layoutOf(header: Buffer): Layout | Refused {
  if (header.length < 72 || header.readUInt32BE(0) !== magic) return { why: 'the file is no QCOW2 image' }
  const version = header.readUInt32BE(4)
  const clusterBits = header.readUInt32BE(20)
  if (version < 2 || version > 3 || clusterBits < 9 || clusterBits > 21) return { why: 'its header is not valid' }
  if (header.readBigUInt64BE(8) !== 0n) return { why: 'an image with a backing file is not supported' }
  if (header.readUInt32BE(32) !== 0) return { why: 'the image is encrypted' }
  if (version === 3 && (header.length < 104 || header.readBigUInt64BE(72) !== 0n))
    return { why: 'the image needs features that are not supported' }
  const sizeBytes = Number(header.readBigUInt64BE(24))
  if (sizeBytes === 0 || sizeBytes > largestBytes) return { why: `the disk has ${sizeBytes} bytes` }
  const cluster = 2 ** clusterBits
  const l1Entries = Math.ceil(sizeBytes / spanOf(cluster))
  if (header.readUInt32BE(36) < l1Entries) return { why: 'its L1 table is too short' }
  return { sizeBytes, cluster, l1Entries, l1Offset: Number(header.readBigUInt64BE(40)) }
}

/** What one L2 table leads to. */
function spanOf(cluster: number): number {
  return cluster * (cluster / 8)
}

/** Copies what the tables lead to; returns why it cannot be done. */
async function copyClusters(
  source: ObjectReader,
  { sizeBytes, cluster }: Layout,
  l1: Buffer,
  into: FileHandle,
): Promise<string | undefined> {
  for (let table = 0; table * 8 < l1.length; table += 1) {
    const at = Number(l1.readBigUInt64BE(table * 8) & offsetMask)
    if (at === 0) continue
    const l2 = await source.read(at, cluster)
    if (l2.length < cluster) return 'the file ends in an L2 table'
    for (let entry = 0; entry < cluster / 8; entry += 1) {
      const value = l2.readBigUInt64BE(entry * 8)
      if ((value & compressed) !== 0n) throw notImplemented('importing a compressed QCOW2 image')
      const from = Number(value & offsetMask)
      // The lowest bit says that it reads as zeros.
      if (from === 0 || (value & 1n) !== 0n) continue
      const to = table * spanOf(cluster) + entry * cluster
      if (to >= sizeBytes) return 'a cluster lies behind the end of the disk'
      const bytes = await source.read(from, cluster)
      if (bytes.length === 0) return 'the file ends before its data'
      await into.write(bytes, 0, Math.min(bytes.length, sizeBytes - to), to)
    }
  }
  return undefined
}
