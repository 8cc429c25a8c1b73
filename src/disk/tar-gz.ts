import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { hasCode, SindriError } from '../core/error.ts'
import { damaged, refused } from './damage.ts'
import type { Bytes, Disk, Extent } from './disk.ts'
import { readUpTo } from './head.ts'
import { readPieces } from './pieces.ts'
import { gatherRuns, runsWithin } from './runs.ts'
import { readSparseBlock, readTarHeader, refuseMember, type TarMember, tarBlock } from './tar-header.ts'

const chunkBytes = 1 << 20
/** Zeros of this many bytes leave a hole in the unpacked file. */
const granule = 1 << 16
/** 24 bytes of memory each. */
const mostRuns = 1 << 20
/** What may follow the disk: the zeros that end a tar file, in records of any usual size. */
const mostAfter = 1 << 20

/**
 * Opens a gzipped tar file of GNU's format whose first member is disk.raw, sparse or not: what Google Cloud imports.
 *
 * It cannot be read at random, so this call unpacks all of it, once, into a sparse file in `folder`, which needs room
 * for the disk's data. The file has no name any more when this returns: the system takes it back with `close`, and
 * also when the process dies.
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html (2026-11)
 * @throws SindriError `unsupported` when it holds something else, `failed` when it is damaged or the folder is full
 */
export async function openTarGz(bytes: Bytes, folder: string): Promise<Disk> {
  const path = join(folder, `.sindri-disk-${randomUUID()}`)
  const file = await open(path, 'wx+', 0o600)
  try {
    await unlink(path)
    const { sizeBytes, extents } = await unpackInto(file, bytes)
    const read = readPieces(plain(file, sizeBytes), sizeBytes, async (offset) => {
      const [run] = runsWithin(extents, offset, sizeBytes)
      if (run === undefined) return { kind: 'zeros', length: sizeBytes - offset }
      if (run.offset > offset) return { kind: 'zeros', length: run.offset - offset }
      return { kind: 'plain', at: offset, length: run.length }
    })
    const close = async (): Promise<void> => {
      await file.close()
      await bytes.close()
    }
    return { format: 'tar.gz', sizeBytes, extents, read, close }
  } catch (error) {
    await file.close()
    if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')) {
      throw new SindriError('failed', `${folder} has no room for the unpacked disk`, {
        hint: 'free some, or unpack it where there is room: tar -xSzf',
        cause: error,
      })
    }
    throw error
  }
}

interface Unpacked {
  readonly sizeBytes: number
  readonly extents: readonly Extent[]
}

async function unpackInto(file: FileHandle, bytes: Bytes): Promise<Unpacked> {
  async function* packed(): AsyncGenerator<Buffer> {
    for (let offset = 0; offset < bytes.sizeBytes; offset += chunkBytes) yield readUpTo(bytes, offset, chunkBytes)
  }
  try {
    let unpacked: Unpacked | undefined
    await pipeline(Readable.from(packed()), createGunzip({ chunkSize: chunkBytes }), async (source) => {
      unpacked = await unpackMember(file, source)
    })
    if (unpacked === undefined) throw damaged('tar.gz', 'it is empty')
    return unpacked
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code.startsWith('Z_')) throw damaged('tar.gz', `it does not unpack (${code})`)
    throw error
  }
}

async function unpackMember(file: FileHandle, source: AsyncIterable<Buffer>): Promise<Unpacked> {
  const chunks = source[Symbol.asyncIterator]()
  let chunk: Buffer = Buffer.alloc(0)
  /** The next bytes, at most `most`; none at the end. */
  async function some(most: number): Promise<Buffer> {
    while (chunk.length === 0) {
      const next = await chunks.next()
      if (next.done === true) return chunk
      chunk = next.value
    }
    const taken = chunk.subarray(0, most)
    chunk = chunk.subarray(taken.length)
    return taken
  }
  async function block(): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let left = tarBlock; left > 0; ) {
      const part = await some(left)
      if (part.length === 0) throw damaged('tar.gz', 'its tar file is cut short')
      parts.push(part)
      left -= part.length
    }
    return Buffer.concat(parts)
  }

  const member = readTarHeader(await block())
  if (member === undefined) throw damaged('tar.gz', 'it holds no tar file, or the checksum of its header is wrong')
  refuseMember(member)
  const stored = await storedRuns(member, block)
  const runs = gatherRuns(member.realBytes)
  for (const { offset, length } of stored) {
    // A run ends with its block.
    const padded = Math.ceil(length / tarBlock) * tarBlock
    for (let done = 0; done < padded; ) {
      const place = offset + done
      const part = await some(Math.min(padded - done, granule - (place % granule)))
      if (part.length === 0) throw damaged('tar.gz', `it ends at ${place} of ${member.realBytes} bytes`)
      const data = part.subarray(0, Math.max(0, length - done))
      if (!isZeros(data)) {
        await writeFully(file, data, place)
        runs.add(place, data.length)
      }
      done += part.length
    }
  }
  // Only at its end gzip tells whether all of it was right.
  for (let after = 0; ; ) {
    const rest = await some(granule)
    if (rest.length === 0) break
    after += rest.length
    // Of two members called disk.raw other programs take the last.
    if (after > mostAfter || !isZeros(rest))
      throw refused('tar.gz', 'it holds more than the disk', 'make it of disk.raw alone')
  }
  return { sizeBytes: member.realBytes, extents: runs.done() }
}

/** The runs of the disk that the archive stores, in order, checked against each other and against both sizes. */
async function storedRuns(member: TarMember, block: () => Promise<Buffer>): Promise<readonly Extent[]> {
  const { kind, storedBytes, realBytes } = member
  if (!Number.isSafeInteger(storedBytes) || !Number.isSafeInteger(realBytes)) {
    throw damaged('tar.gz', `a disk of ${realBytes} bytes, ${storedBytes} stored`)
  }
  if (kind !== 'S') return [{ offset: 0, length: realBytes }]
  const told = [...member.runs]
  for (let { continued } = member; continued; ) {
    const more = readSparseBlock(await block())
    told.push(...more.runs)
    continued = more.continued
    if (told.length > mostRuns) throw refused('tar.gz', `its disk has over ${mostRuns} runs`, 'make it without -S')
  }
  let end = 0
  let sum = 0
  for (const [offset, length] of told) {
    // NaN, of digits that are none, fails every comparison.
    if (!(offset >= end && length >= 0 && offset + length <= realBytes)) {
      throw damaged('tar.gz', `a run of ${length} bytes at ${offset} of ${realBytes}`)
    }
    end = offset + length
    sum += length
  }
  if (sum !== storedBytes) throw damaged('tar.gz', `its runs have ${sum} bytes, its header says ${storedBytes}`)
  return told.map(([offset, length]) => ({ offset, length }))
}

const zeros = Buffer.alloc(granule)

function isZeros(data: Buffer): boolean {
  return data.equals(zeros.subarray(0, data.length))
}

async function writeFully(file: FileHandle, data: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += (await file.write(data, done, data.length - done, at + done)).bytesWritten
  }
}

/** The unpacked file, of which only what was written is read. */
function plain(file: FileHandle, sizeBytes: number): Bytes {
  return {
    sizeBytes,
    extents: async () => [],
    read: async (offset, into) => {
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await file.read(into, done, into.length - done, offset + done)
        if (bytesRead === 0) throw damaged('tar.gz', 'its unpacked file was cut short')
        done += bytesRead
      }
    },
    close: () => file.close(),
  }
}
