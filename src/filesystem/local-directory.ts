import { constants, type Stats } from 'node:fs'
import { lstat, open, opendir, readlink } from 'node:fs/promises'
import { messageOf, SindriError } from '../core/error.ts'
import { nameOf, shown } from './names.ts'
import type { Kind, Node, Volume } from './volume.ts'

/**
 * A directory of this machine as a volume, for what stands unpacked. Extended attributes cannot be told, because Node
 * has no call for them; links never lead out of the directory.
 */
export function localDirectory(path: string): Volume {
  return {
    type: 'directory',
    label: '',
    foldsCase: false,
    sizeBytes: 0,
    usedBytes: undefined,
    findings: [],
    root: async () => nodeAt(Buffer.from(path)),
  }
}

async function nodeAt(path: Buffer): Promise<Node> {
  const stat = await told(path, lstat(path))
  const kind = kindOf(stat)
  const special = kind.endsWith('-device')
  return {
    id: `${stat.dev}:${stat.ino}`,
    kind,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    sizeBytes: stat.size,
    links: stat.nlink,
    times: { modified: stat.mtimeMs, accessed: stat.atimeMs, changed: stat.ctimeMs, created: stat.birthtimeMs },
    // As Linux packs them. https://man7.org/linux/man-pages/man3/makedev.3.html (2026-11)
    ...(special
      ? { device: { major: (stat.rdev >>> 8) & 0xfff, minor: (stat.rdev & 0xff) | ((stat.rdev >>> 12) & 0xfff00) } }
      : {}),
    async *entries() {
      // Node's types do not know that opendir gives buffers as names.
      const directory = await told(path, opendir(path, { encoding: 'buffer' as BufferEncoding }))
      for await (const { name } of directory) {
        const own = Buffer.from(name as string | Buffer)
        yield { name: nameOf(own), open: () => nodeAt(Buffer.concat([path, Buffer.from('/'), own])) }
      }
    },
    target: async () => nameOf(await told(path, readlink(path, { encoding: 'buffer' }))),
    async read(offset, into) {
      // A pipe would wait for someone to write to it.
      if (kind !== 'file') throw new SindriError('failed', `${shown(nameOf(path))} is no file but a ${kind}`)
      const file = await told(path, open(path, constants.O_RDONLY | constants.O_NOFOLLOW))
      try {
        let done = 0
        while (done < into.length) {
          const { bytesRead } = await told(path, file.read(into, done, into.length - done, offset + done))
          if (bytesRead === 0) break
          done += bytesRead
        }
        return done
      } finally {
        await file.close()
      }
    },
    attributes: async () => undefined,
  }
}

function kindOf(stat: Stats): Kind {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isCharacterDevice()) return 'character-device'
  if (stat.isBlockDevice()) return 'block-device'
  return stat.isFIFO() ? 'fifo' : 'socket'
}

async function told<T>(path: Buffer, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new SindriError('failed', `cannot read ${shown(nameOf(path))}: ${messageOf(error)}`, { cause: error })
  }
}
