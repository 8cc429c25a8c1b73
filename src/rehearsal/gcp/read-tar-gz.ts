import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

const blockBytes = 512
const gib = 1024 ** 3
const zeros = Buffer.alloc(64 * 1024)

interface Run {
  readonly offset: number
  readonly length: number
}

/**
 * Unpacks the disk of a packed image into the file that `make` gives for its size, leaving its holes. Returns its size.
 * @throws Error where it is not as Google wants it: one member called disk.raw, of GNU's old format, of whole GiB.
 * https://cloud.google.com/compute/docs/import/import-existing-image#requirements_for_the_image_file and
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html (2026-11)
 */
export async function unpackDisk(archive: string, make: (bytes: number) => Promise<string>): Promise<number> {
  const packed = createReadStream(archive)
  const tar = reader(packed.on('error', (error) => unpacked.destroy(error)).pipe(createGunzip()))
  const unpacked = tar.stream
  try {
    const header = await tar.take(blockBytes)
    const { sizeBytes, runs } = await memberOf(header, tar.take)
    if (sizeBytes === 0 || sizeBytes % gib !== 0) throw new Error(`disk.raw has ${sizeBytes} bytes, no whole GiB`)
    const file = await open(await make(sizeBytes), 'r+')
    try {
      for (const { offset, length } of runs) {
        if (offset + length > sizeBytes) throw new Error('the map of its holes leaves disk.raw')
        for (let done = 0; done < length; ) {
          const piece = await tar.take(Math.min(zeros.length, length - done))
          if (!piece.equals(zeros.subarray(0, piece.length))) await file.write(piece, 0, piece.length, offset + done)
          done += piece.length
        }
        await tar.take((blockBytes - (length % blockBytes)) % blockBytes)
      }
    } finally {
      await file.close()
    }
    const next = await tar.take(blockBytes)
    if (!next.equals(zeros.subarray(0, blockBytes))) throw new Error('it holds more than disk.raw')
    await tar.drain()
    return sizeBytes
  } finally {
    packed.destroy()
  }
}

/** The size of the disk and where its bytes belong. */
async function memberOf(
  header: Buffer,
  take: (bytes: number) => Promise<Buffer>,
): Promise<{ readonly sizeBytes: number; readonly runs: readonly Run[] }> {
  const name = header.toString('latin1', 0, 100).replace(/\0.*$/s, '')
  const type = header.toString('latin1', 156, 157)
  if (header.toString('latin1', 257, 265) !== 'ustar  \0') throw new Error('it is not of the format oldgnu')
  if (name !== 'disk.raw') throw new Error(`it holds ${name} and not disk.raw`)
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  if (sum !== numberIn(header, 148, 8)) throw new Error('its header is damaged')
  const stored = numberIn(header, 124, 12)
  if (type === '0' || type === '\0') return { sizeBytes: stored, runs: [{ offset: 0, length: stored }] }
  if (type !== 'S') throw new Error('disk.raw is no file')
  const runs = runsIn(header, 386, 4)
  for (let more = header[482] === 1; more; ) {
    const block = await take(blockBytes)
    runs.push(...runsIn(block, 0, 21))
    more = block[504] === 1
  }
  if (runs.reduce((total, { length }) => total + length, 0) !== stored)
    throw new Error('the map of its holes does not fit its size')
  return { sizeBytes: numberIn(header, 483, 12), runs }
}

function runsIn(block: Buffer, at: number, most: number): Run[] {
  return Array.from({ length: most }, (_, index) => ({
    offset: numberIn(block, at + index * 24, 12),
    length: numberIn(block, at + index * 24 + 12, 12),
  })).filter(({ length }) => length > 0)
}

/** Octal digits, or binary where the first bit is set. */
function numberIn(block: Buffer, at: number, length: number): number {
  const field = block.subarray(at, at + length)
  if (((field[0] ?? 0) & 0x80) !== 0) return Number(BigInt(`0x${field.subarray(1).toString('hex')}`))
  return Number.parseInt(field.toString('latin1').replace(/[\0 ].*$/s, '') || '0', 8)
}

/** Takes bytes off a stream, as many as are asked for. */
function reader<Stream extends AsyncIterable<Buffer>>(
  stream: Stream,
): { readonly stream: Stream; take(bytes: number): Promise<Buffer>; drain(): Promise<void> } {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  return {
    stream,
    async take(bytes) {
      const taken: Buffer[] = []
      for (let missing = bytes; missing > 0; ) {
        if (rest.length === 0) {
          const { done, value } = await chunks.next()
          if (done === true) throw new Error('it ends too early')
          rest = value
        }
        const part = rest.subarray(0, missing)
        taken.push(part)
        rest = rest.subarray(part.length)
        missing -= part.length
      }
      return taken.length === 1 && taken[0] !== undefined ? taken[0] : Buffer.concat(taken)
    },
    async drain() {
      // To the end, where the checksum is.
      for (let end = false; !end; ) end = (await chunks.next()).done === true
    },
  }
}
