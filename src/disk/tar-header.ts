import { refused } from './damage.ts'

/** Bytes of everything in a tar file. */
export const tarBlock = 512

/** A member of a tar file whose header was read. Sizes are bytes. */
export interface TarMember {
  readonly name: string
  /** One letter; `0` is a file, `S` a sparse file of GNU tar's own format, `x` a header of POSIX's. */
  readonly kind: string
  /** Bytes that follow in the archive. */
  readonly storedBytes: number
  /** Bytes of the file, holes and all. */
  readonly realBytes: number
  /** Offset and length of the stored runs of a sparse file, as far as this block tells. */
  readonly runs: readonly (readonly [offset: number, length: number])[]
  /** More runs follow, in a block of their own. */
  readonly continued: boolean
}

/**
 * Reads a header block; undefined when its checksum is wrong.
 * https://www.gnu.org/software/tar/manual/html_node/Standard.html (2026-11)
 */
export function readTarHeader(block: Buffer): TarMember | undefined {
  if (block.length < tarBlock || numberIn(block, 148, 8) !== tarChecksum(block)) return undefined
  const name = textIn(block, 0, 100)
  const kind = String.fromCharCode(block[156] || 0x30)
  const storedBytes = numberIn(block, 124, 12)
  if (kind !== 'S') return { name, kind, storedBytes, realBytes: storedBytes, runs: [], continued: false }
  return { name, kind, storedBytes, realBytes: numberIn(block, 483, 12), ...sparseIn(block, 386, 4) }
}

/** Reads the runs of a block that follows a sparse file's header. */
export function readSparseBlock(block: Buffer): Pick<TarMember, 'runs' | 'continued'> {
  return sparseIn(block, 0, 21)
}

function sparseIn(block: Buffer, at: number, most: number): Pick<TarMember, 'runs' | 'continued'> {
  const runs: (readonly [number, number])[] = []
  for (let index = 0; index < most; index += 1) {
    const from = at + index * 24
    if (block[from] === 0) break
    runs.push([numberIn(block, from, 12), numberIn(block, from + 12, 12)])
  }
  return { runs, continued: block[at + most * 24] === 1 }
}

/** Octal digits, or for large numbers GNU's binary form, which a first byte of 0x80 marks. */
function numberIn(block: Buffer, at: number, length: number): number {
  if (block[at] !== 0x80) {
    const digits = /^ *([0-7]*)[ \0]*$/.exec(block.toString('latin1', at, at + length))?.[1]
    return digits === undefined ? Number.NaN : Number.parseInt(digits || '0', 8)
  }
  let value = 0
  for (let index = at + 1; index < at + length; index += 1) value = value * 256 + (block[index] ?? 0)
  return value
}

function textIn(block: Buffer, at: number, length: number): string {
  const text = block.subarray(at, at + length)
  const end = text.indexOf(0)
  return text.toString('utf8', 0, end === -1 ? length : end)
}

/** The sum of all bytes of a header, its own eight taken as blanks. */
export function tarChecksum(block: Uint8Array): number {
  let sum = 8 * 0x20
  for (let index = 0; index < tarBlock; index += 1) if (index < 148 || index >= 156) sum += block[index] ?? 0
  return sum
}

/** Writes a number as tar has it: octal, or binary when that is too short. */
export function writeTarNumber(block: Buffer, at: number, length: number, value: number): void {
  const octal = value.toString(8)
  if (octal.length < length) block.write(octal.padStart(length - 1, '0'), at, 'latin1')
  else {
    block[at] = 0x80
    block.writeBigUInt64BE(BigInt(value), at + length - 8)
  }
}

/** The member that Google Cloud wants, and that is read here. */
export const tarDiskName = 'disk.raw'

/** Checks that a member is the disk. @throws SindriError `unsupported` */
export function refuseMember({ name, kind }: TarMember): void {
  const hint = 'make it with: tar --format=oldgnu -Sczf disk.tar.gz disk.raw'
  if (kind === 'x' || kind === 'g') throw refused('tar.gz', "it is in the POSIX format, not in GNU tar's", hint)
  if (name !== tarDiskName && name !== `./${tarDiskName}`) {
    throw refused('tar.gz', `its first member is ${JSON.stringify(name.slice(0, 100))}, not ${tarDiskName}`, hint)
  }
  if (kind !== '0' && kind !== 'S')
    throw refused('tar.gz', `${tarDiskName} in it is of kind ${JSON.stringify(kind)}, not a file`, hint)
}
