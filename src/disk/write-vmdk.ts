import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { SindriError } from '../core/error.ts'
import type { Disk } from './disk.ts'
import { grown } from './grown.ts'
import { inTurn } from './in-turn.ts'
import { alignRuns } from './runs.ts'
import { vmdkMagic } from './vmdk-header.ts'

const zip = promisify(deflate)

const sector = 512
const grainBytes = 64 << 10
const tableEntries = 512
const tableBytes = tableEntries * 4
/** Read and packed at a time. */
const batchBytes = 16 * grainBytes
const overheadSectors = grainBytes / sector
const descriptorSectors = 20
const zeros = Buffer.alloc(grainBytes)
const marks = { table: 1, directory: 2, footer: 3 } as const
/** Flags: line ends can be checked, grains are compressed, marks stand before everything. */
const flags = 1 | (1 << 16) | (1 << 17)

export interface VmdkOptions {
  /** 1 is fast, 9 small; 6 when not given. */
  readonly level?: number
}

/**
 * The disk as a streamOptimized VMDK, as OpenStack on VMware takes it: grains of 64 KiB, each compressed, those of
 * zeros left out, packed on all cores. The size is rounded up to whole grains. The same disk makes the same bytes. How
 * many they are is known only at the end.
 * VMware, "Virtual Disk Format 5.0" (technical note, 2011), "Stream-Optimized Compressed Sparse Extents" (2026-11).
 * @throws SindriError `unsupported` when the file would have over 2 TiB, which its tables cannot tell
 */
export async function* vmdkOf(disk: Disk, { level = 6 }: VmdkOptions = {}): AsyncGenerator<Buffer> {
  const source = grown(disk, grainBytes)
  const sectors = source.sizeBytes / sector
  const directory = Buffer.alloc(
    Math.ceil((Math.ceil(source.sizeBytes / grainBytes / tableEntries) * 4) / sector) * sector,
  )
  let table = Buffer.alloc(tableBytes)
  let tableIndex = 0
  let filled = false
  let written = 0

  function emit(bytes: Buffer): Buffer {
    written += bytes.length
    return bytes
  }

  function place(extra = 0): number {
    const at = written / sector + extra
    if (at < 2 ** 32) return at
    throw new SindriError('unsupported', 'the disk is too large for a VMDK: over 2 TiB compressed', {
      hint: 'choose another format for this cloud',
    })
  }

  function endTable(): Buffer[] {
    if (!filled) return []
    directory.writeUInt32LE(place(1), tableIndex * 4)
    const ended = [emit(markOf(marks.table, tableBytes / sector)), emit(table)]
    table = Buffer.alloc(tableBytes)
    filled = false
    return ended
  }

  yield emit(headerOf(sectors, 2n ** 64n - 1n))
  yield emit(descriptorOf(sectors))
  const packed = inTurn(batchesOf(source), availableParallelism() + 2, (batch) => packBatch(batch, level))
  for await (const batch of packed) {
    for (const { grain, data } of batch) {
      const upper = Math.floor(grain / tableEntries)
      if (upper !== tableIndex) yield* endTable()
      tableIndex = upper
      filled = true
      table.writeUInt32LE(place(), (grain % tableEntries) * 4)
      yield emit(data)
    }
  }
  yield* endTable()
  const directoryAt = place(1)
  yield emit(markOf(marks.directory, directory.length / sector))
  yield emit(directory)
  yield emit(markOf(marks.footer, 1))
  yield emit(headerOf(sectors, BigInt(directoryAt)))
  // A mark of nothing ends the stream.
  yield emit(Buffer.alloc(sector))
}

interface Batch {
  /** The number of the first grain. */
  readonly first: number
  readonly data: Buffer
}

/** The grains of the extents, some at a time, in order. */
async function* batchesOf(disk: Disk): AsyncGenerator<Batch> {
  for (const { offset, length } of alignRuns(disk.extents, grainBytes, disk.sizeBytes)) {
    for (let done = 0; done < length; done += batchBytes) {
      const data = Buffer.allocUnsafeSlow(Math.min(batchBytes, length - done))
      await disk.read(offset + done, data)
      yield { first: (offset + done) / grainBytes, data }
    }
  }
}

/** Each grain with something in it: its mark and its compressed bytes, filled up to whole sectors. */
async function packBatch({ first, data }: Batch, level: number): Promise<readonly { grain: number; data: Buffer }[]> {
  const all = Array.from({ length: data.length / grainBytes }, async (_, index) => {
    const plain = data.subarray(index * grainBytes, (index + 1) * grainBytes)
    if (plain.equals(zeros)) return []
    const small = await zip(plain, { level })
    const marked = Buffer.alloc(Math.ceil((12 + small.length) / sector) * sector)
    marked.writeBigUInt64LE(BigInt((first + index) * overheadSectors), 0)
    marked.writeUInt32LE(small.length, 8)
    marked.set(small, 12)
    return [{ grain: first + index, data: marked }]
  })
  return (await Promise.all(all)).flat()
}

function markOf(kind: number, sectors: number): Buffer {
  const mark = Buffer.alloc(sector)
  mark.writeBigUInt64LE(BigInt(sectors), 0)
  mark.writeUInt32LE(kind, 12)
  return mark
}

/** The header, which stands at the end once more and there knows where the directory is. */
function headerOf(sectors: number, directoryAt: bigint): Buffer {
  const header = Buffer.alloc(sector)
  header.write(vmdkMagic, 0, 'latin1')
  header.writeUInt32LE(3, 4)
  header.writeUInt32LE(flags, 8)
  header.writeBigUInt64LE(BigInt(sectors), 12)
  header.writeBigUInt64LE(BigInt(overheadSectors), 20)
  header.writeBigUInt64LE(1n, 28)
  header.writeBigUInt64LE(BigInt(descriptorSectors), 36)
  header.writeUInt32LE(tableEntries, 44)
  header.writeBigUInt64LE(directoryAt, 56)
  header.writeBigUInt64LE(BigInt(overheadSectors), 64)
  header.write('\n \r\n', 73, 'latin1')
  header.writeUInt16LE(1, 77)
  return header
}

/** The description, with zeros up to where the grains begin. */
function descriptorOf(sectors: number): Buffer {
  const heads = 255
  const perTrack = 63
  const text = `# Disk DescriptorFile
version=1
CID=5d15c0de
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${sectors} SPARSE "disk.vmdk"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "${Math.min(65535, Math.max(1, Math.floor(sectors / (heads * perTrack))))}"
ddb.geometry.heads = "${heads}"
ddb.geometry.sectors = "${perTrack}"
ddb.adapterType = "lsilogic"
`
  const descriptor = Buffer.alloc((overheadSectors - 1) * sector)
  descriptor.write(text, 0, 'latin1')
  return descriptor
}
