import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'
import type { Bytes, Disk, Extent } from './disk.ts'
import { inTurn } from './in-turn.ts'
import { fixed, joined, partsOf, type Section } from './joined.ts'
import { alignRuns, bytesIn } from './runs.ts'
import { tarBlock, tarChecksum, tarDiskName, writeTarNumber } from './tar-header.ts'

const deflate = promisify(deflateRaw)

const partBytes = 1 << 20
/** What a part may refer back to. */
const windowBytes = 32 << 10
/** So many parts, 32 MiB, refer to nothing before them. */
const partsPerSection = 32
/**
 * Shorter blocks than zlib's usual ones follow the mix of a system's disk better: with them, level 5 of Node's zlib packs
 * a Debian as small as level 6 does with usual ones (1.020 of `pigz -6`), in four fifths of the time.
 */
const memLevel = 6
/** The runs begin and end where file systems' blocks do. */
const granule = 4096
/** GNU tar writes whole records of 20 blocks. */
const recordBytes = 20 * tarBlock

export interface TarGzOptions {
  /** 1 is fast, 9 small; 5 when not given. */
  readonly level?: number
}

/**
 * The disk as Google Cloud imports it: disk.raw in a gzipped tar file of GNU's old format, its holes left out. Packed
 * on all cores, in Node's own pool (UV_THREADPOOL_SIZE bounds it), into one gzip member. The same disk makes the same
 * bytes. How many they are is known only at the end.
 * https://cloud.google.com/compute/docs/import/import-existing-image#requirements_for_the_image_file (2026-11)
 */
export async function* tarGzOf(disk: Disk, { level = 5 }: TarGzOptions = {}): AsyncGenerator<Buffer> {
  let crc = 0
  let size = 0
  async function* parts(): AsyncGenerator<{ readonly part: Buffer; readonly dictionary: Buffer | undefined }> {
    let previous: Buffer | undefined
    let index = 0
    for await (const part of partsOf(asTar(disk), partBytes)) {
      crc = crc32(part, crc)
      size += part.length
      yield { part, dictionary: index % partsPerSection === 0 ? undefined : previous?.subarray(-windowBytes) }
      previous = part
      index += 1
    }
  }
  // RFC 1952: no name, no time, system "unknown".
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  yield* inTurn(parts(), availableParallelism() + 2, ({ part, dictionary }) =>
    deflate(part, {
      level,
      memLevel,
      // Ends on a whole byte without ending the stream, so that the parts can be put together.
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: partBytes,
      ...(dictionary === undefined ? {} : { dictionary }),
    }),
  )
  // A last block, empty; then the checksum and the size.
  const end = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  end.writeUInt32LE(crc, 2)
  end.writeUInt32LE(size % 2 ** 32, 6)
  yield end
}

/** The tar file, which can be read anywhere. */
export function asTar(disk: Disk): Bytes {
  const { sizeBytes } = disk
  const runs = alignRuns(disk.extents, granule, sizeBytes)
  const header = headerOf(sizeBytes, runs)
  const data = runs.map(({ offset, length }) => dataOf(disk, offset, length))
  const used = data.reduce((sum, { length }) => sum + length, header.length)
  const end = Buffer.alloc(Math.ceil((used + 2 * tarBlock) / recordBytes) * recordBytes - used)
  return joined([fixed(header), ...data, fixed(end)], () => disk.close())
}

/** A run of the disk, with zeros up to a whole block. */
function dataOf(disk: Disk, begin: number, runBytes: number): Section {
  return {
    length: Math.ceil(runBytes / tarBlock) * tarBlock,
    read: async (offset, into) => {
      const there = Math.max(0, Math.min(into.length, runBytes - offset))
      if (there > 0) await disk.read(begin + offset, into.subarray(0, there))
      into.fill(0, there)
    },
  }
}

/** https://www.gnu.org/software/tar/manual/html_node/Standard.html, "struct oldgnu_header" (2026-11) */
function headerOf(sizeBytes: number, runs: readonly Extent[]): Buffer {
  // GNU tar ends a map with an empty run at the end of the file when a hole ends it.
  const last = runs.at(-1)
  const endsInHole = last === undefined || last.offset + last.length < sizeBytes
  const told = endsInHole ? [...runs, { offset: sizeBytes, length: 0 }] : runs
  const more = Math.ceil(Math.max(0, told.length - 4) / 21)
  const header = Buffer.alloc(tarBlock * (1 + more))
  header.write(tarDiskName, 0)
  writeTarNumber(header, 100, 8, 0o644)
  writeTarNumber(header, 108, 8, 0)
  writeTarNumber(header, 116, 8, 0)
  writeTarNumber(header, 124, 12, bytesIn(runs))
  writeTarNumber(header, 136, 12, 0)
  header.write('S', 156)
  header.write('ustar  \0', 257)
  for (const [index, run] of told.entries()) {
    const beyond = index - 4
    const at = beyond < 0 ? 386 + index * 24 : tarBlock * (1 + Math.floor(beyond / 21)) + (beyond % 21) * 24
    writeTarNumber(header, at, 12, run.offset)
    writeTarNumber(header, at + 12, 12, run.length)
  }
  if (more > 0) header[482] = 1
  for (let block = 1; block < more; block += 1) header[tarBlock * block + 504] = 1
  writeTarNumber(header, 483, 12, sizeBytes)
  header.write(`${tarChecksum(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}
