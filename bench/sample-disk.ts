import { closeSync, ftruncateSync, globSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** How far apart runs begin: no multiple of what a cloud takes at once. */
const apartBytes = 300 * 1024 * 1024 + 4096
const runBytes = 32 << 20

/**
 * Writes a disk with holes: a boot sector, then runs of 32 MiB, two of a program and one of text in turn, which pack about
 * as well as what is on a system's disk.
 */
export function writeSampleDisk(file: string, sizeBytes: number, runs = 3): void {
  const program = openSync(process.execPath, 'r')
  const target = openSync(file, 'w')
  try {
    ftruncateSync(target, sizeBytes)
    const run = Buffer.alloc(runBytes)
    for (let index = 0; index < runs; index += 1) {
      if (index % 3 < 2) readSync(program, run, 0, runBytes, (index % 3) * runBytes)
      else text().copy(run)
      writeSync(target, run, 0, runBytes, (1 << 20) + index * apartBytes)
    }
    const boot = Buffer.alloc(512)
    boot.writeUInt16BE(0x55aa, 510)
    writeSync(target, boot, 0, 512, 0)
  } finally {
    closeSync(program)
    closeSync(target)
  }
}

/** The sources of the packages that are installed, one after the other. */
function text(): Buffer {
  const cwd = join(import.meta.dirname, '../node_modules')
  const pieces: Buffer[] = []
  let length = 0
  for (const entry of globSync('**/*.js', { cwd, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const piece = readFileSync(join(entry.parentPath, entry.name))
    pieces.push(piece)
    length += piece.length
    if (length >= runBytes) break
  }
  return Buffer.concat(pieces).subarray(0, runBytes)
}
