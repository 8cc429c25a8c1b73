import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { World } from './call.ts'
import { notImplemented } from './oci-error.ts'
import type { ObjectRecord } from './records.ts'
import { readObject } from './stored-bytes.ts'

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
export async function importQcow2(
  world: World,
  object: ObjectRecord,
): Promise<ImportedDisk | { readonly why: string }> {
  const header = await readObject(world, object, 0, 104)
  if (header.length < 72 || header.readUInt32BE(0) !== magic) return { why: 'the file is no QCOW2 image' }
  const version = header.readUInt32BE(4)
  const clusterBits = header.readUInt32BE(20)
  const sizeBytes = Number(header.readBigUInt64BE(24))
  const l1Entries = header.readUInt32BE(36)
  if (version < 2 || version > 3 || clusterBits < 9 || clusterBits > 21) return { why: 'the header is not valid' }
  if (header.readBigUInt64BE(8) !== 0n) return { why: 'an image with a backing file is not supported' }
  if (header.readUInt32BE(32) !== 0) return { why: 'the image is encrypted' }
  if (version === 3 && header.readBigUInt64BE(72) !== 0n)
    return { why: 'the image needs features that are not supported' }
  if (sizeBytes === 0 || sizeBytes > largestBytes) return { why: `the disk has ${sizeBytes} bytes` }
  const cluster = 2 ** clusterBits
  const span = cluster * (cluster / 8)
  if (l1Entries < Math.ceil(sizeBytes / span) || l1Entries > 4 * 1024 * 1024)
    return { why: 'the L1 table is too short' }
  const l1 = await readObject(world, object, Number(header.readBigUInt64BE(40)), l1Entries * 8)
  if (l1.length < l1Entries * 8) return { why: 'the file ends in its L1 table' }
  const name = `${randomUUID()}.raw`
  const file = await open(await world.disks.path(name), 'wx', 0o600)
  const refuse = async (why: string): Promise<{ readonly why: string }> => {
    await world.disks.remove(name)
    return { why }
  }
  try {
    await file.truncate(sizeBytes)
    for (let table = 0; table < Math.ceil(sizeBytes / span); table += 1) {
      const at = Number(l1.readBigUInt64BE(table * 8) & offsetMask)
      if (at === 0) continue
      const l2 = await readObject(world, object, at, cluster)
      if (l2.length < cluster) return await refuse('the file ends in an L2 table')
      for (let entry = 0; entry < cluster / 8; entry += 1) {
        const value = l2.readBigUInt64BE(entry * 8)
        if ((value & compressed) !== 0n) throw notImplemented('importing a compressed QCOW2 image')
        const from = Number(value & offsetMask)
        // The lowest bit says that it reads as zeros.
        if (from === 0 || (value & 1n) !== 0n) continue
        const to = table * span + entry * cluster
        if (to >= sizeBytes) return await refuse('a cluster lies behind the end of the disk')
        const bytes = await readObject(world, object, from, cluster)
        if (bytes.length === 0) return await refuse('the file ends before its data')
        await file.write(bytes, 0, Math.min(bytes.length, sizeBytes - to), to)
      }
    }
    return { file: name, sizeBytes }
  } catch (error) {
    await world.disks.remove(name)
    throw error
  } finally {
    await file.close()
  }
}
