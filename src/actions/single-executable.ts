import { SindriError } from '../core/error.ts'

const fuse = Buffer.from('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:')
const noteName = 'NODE_SEA_BLOB'

/** Kinds of program header. https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.pheader.html */
const loadSegment = 1
const noteSegment = 4

interface Segment {
  /** Where its header lies in the file. */
  readonly header: number
  readonly kind: number
  readonly offset: number
  readonly address: number
  readonly fileSize: number
  readonly memorySize: number
  readonly alignment: number
}

/**
 * A 64-bit Linux Node binary with a prepared blob in it, as the parts of a file one after the other.
 * Node finds the blob as a note named NODE_SEA_BLOB among those of the program in memory. A header for it cannot be
 * added without moving all of them, so it takes the place of the build id's, and the last loaded segment (the data,
 * with its zeroed part written out) is stored again at the end of the file, where there is room for the note after it.
 * (Node's own injector, postject, does the same with 4.8 MB of code, 900 MB of memory and warnings on the terminal.)
 * `node` is changed. Throws `prerequisite` for a binary that is not made for this.
 * https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
 */
export function singleExecutable(node: Buffer, blob: Buffer): readonly Buffer[] {
  lightFuse(node)
  const segments = segmentsOf(node)
  const data = segments.filter(({ kind }) => kind === loadSegment).at(-1)
  const note = segments.find(({ kind }) => kind === noteSegment)
  if (data === undefined || note === undefined) throw unusable('it has no note or no loaded segment')

  const content = noteOf(blob)
  const noteDistance = roundUp(data.memorySize, 8)
  // A segment's place in the file and its address must be equal modulo the alignment.
  const start = roundUp(node.length, data.alignment) + (data.address % data.alignment)
  place(node, data, { offset: start, address: data.address, size: noteDistance + content.length })
  place(node, note, { offset: start + noteDistance, address: data.address + noteDistance, size: content.length })
  return [
    node,
    Buffer.alloc(start - node.length),
    node.subarray(data.offset, data.offset + data.fileSize),
    Buffer.alloc(noteDistance - data.fileSize),
    content,
  ]
}

function lightFuse(node: Buffer): void {
  const at = node.indexOf(fuse)
  if (at === -1 || node.lastIndexOf(fuse) !== at) throw unusable('it was built without single executable support')
  node.write('1', at + fuse.length)
}

function segmentsOf(node: Buffer): readonly Segment[] {
  const isElf64LittleEndian = node.subarray(0, 6).equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]))
  if (!isElf64LittleEndian) throw unusable('it is not a 64-bit Linux program')
  const table = number(node, 32)
  const entrySize = node.readUInt16LE(54)
  return Array.from({ length: node.readUInt16LE(56) }, (_, index) => {
    const header = table + index * entrySize
    return {
      header,
      kind: node.readUInt32LE(header),
      offset: number(node, header + 8),
      address: number(node, header + 16),
      fileSize: number(node, header + 32),
      memorySize: number(node, header + 40),
      alignment: number(node, header + 48),
    }
  })
}

function place(
  node: Buffer,
  segment: Segment,
  to: { readonly offset: number; readonly address: number; readonly size: number },
): void {
  node.writeBigUInt64LE(BigInt(to.offset), segment.header + 8)
  node.writeBigUInt64LE(BigInt(to.address), segment.header + 16)
  node.writeBigUInt64LE(BigInt(to.address), segment.header + 24)
  node.writeBigUInt64LE(BigInt(to.size), segment.header + 32)
  node.writeBigUInt64LE(BigInt(to.size), segment.header + 40)
}

function noteOf(blob: Buffer): Buffer {
  const nameSize = noteName.length + 1
  const note = Buffer.alloc(12 + roundUp(nameSize, 4) + roundUp(blob.length, 4))
  note.writeUInt32LE(nameSize, 0)
  note.writeUInt32LE(blob.length, 4)
  note.write(noteName, 12)
  blob.copy(note, 12 + roundUp(nameSize, 4))
  return note
}

function number(node: Buffer, at: number): number {
  return Number(node.readBigUInt64LE(at))
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to
}

function unusable(why: string): SindriError {
  return new SindriError('prerequisite', `cannot put Sindri into a copy of this Node: ${why}`, {
    hint: "run Sindri with an official build of Node (nodejs.org, or npm's package `node`), not a distribution's",
  })
}
