import { SindriError } from '../../core/error.ts'
import { kindOfMode, longestTarget } from '../inode-kind.ts'
import { nameOf } from '../names.ts'
import type { Region } from '../region.ts'
import type { Content } from '../runs.ts'
import type { Kind, Node, Times, Volume } from '../volume.ts'
import { attributesOf } from './attributes.ts'
import { contentOf } from './content.ts'
import { directoryEntries } from './directory.ts'
import { type Inode, inodeFlags, inodeTable } from './inode.ts'
import { readSuperblock } from './superblock.ts'

const rootInode = 2

/**
 * The ext2, ext3 or ext4 file system of a region. Where its journal was not written back, what is read is the state
 * before that, and a finding says so.
 * @throws SindriError `unsupported` for features Sindri cannot read, `failed` when the superblock is broken
 */
export async function openExt(region: Region): Promise<Volume> {
  const superblock = await readSuperblock(region)
  const table = inodeTable(region, superblock)

  async function node(number: number): Promise<Node> {
    const inode = await table.inode(number)
    const kind = kindOfMode(inode.mode)
    if (kind === undefined) throw broken(number, `it is of type ${inode.mode >> 12}`)
    if (inode.raw.readUInt16LE(26) === 0) throw broken(number, 'it is deleted, and a name still leads to it')
    return describe(inode, kind)
  }

  function describe(inode: Inode, kind: Kind): Node {
    const { raw, number } = inode
    let opened: Promise<Content> | undefined
    function content(): Promise<Content> {
      opened ??= contentOf(region, superblock, inode)
      return opened
    }
    return {
      id: number,
      kind,
      mode: inode.mode & 0o7777,
      uid: raw.readUInt16LE(2) + raw.readUInt16LE(120) * 65_536,
      gid: raw.readUInt16LE(24) + raw.readUInt16LE(122) * 65_536,
      sizeBytes: inode.sizeBytes,
      links: raw.readUInt16LE(26),
      times: timesOf(raw),
      ...(kind.endsWith('-device') ? { device: deviceOf(raw) } : {}),
      async *entries() {
        if (kind !== 'directory') throw broken(number, 'it is no directory')
        for await (const { name, inode: named } of directoryEntries(region, superblock, inode)) {
          yield { name, open: () => node(named) }
        }
      },
      target: async () => targetOf(inode, kind, content),
      async read(offset, into) {
        if (kind !== 'file') throw broken(number, `it is no file but a ${kind}`)
        return (await content()).read(offset, into)
      },
      attributes: () => attributesOf(region, superblock, inode, valueIn),
    }
  }

  async function valueIn(number: number, sizeBytes: number): Promise<Buffer> {
    const inode = await table.inode(number)
    if ((inode.flags & inodeFlags.valueOfAttribute) === 0) throw broken(number, 'it holds no attribute')
    const value = Buffer.alloc(sizeBytes)
    await (await contentOf(region, superblock, inode)).read(0, value)
    return value
  }

  const { type, label, uuid, blockBytes, blocks, freeBlocks, needsRecovery } = superblock
  const unclean = 'it was not unmounted cleanly: what only its journal holds is not seen'
  return {
    type,
    label,
    uuid,
    foldsCase: false,
    sizeBytes: blocks * blockBytes,
    usedBytes: Math.max(0, blocks - freeBlocks) * blockBytes,
    findings: needsRecovery ? [unclean] : [],
    async root() {
      const root = await node(rootInode)
      if (root.kind !== 'directory') throw broken(rootInode, 'the root is no directory')
      return root
    },
  }
}

async function targetOf(inode: Inode, kind: Kind, content: () => Promise<Content>): Promise<string> {
  const { number, sizeBytes, raw, flags } = inode
  if (kind !== 'symlink') throw broken(number, 'it is no symlink')
  if (sizeBytes > longestTarget) throw broken(number, `a symlink of ${sizeBytes} bytes`)
  const inPlace = (flags & (inodeFlags.extents | inodeFlags.inlineData | inodeFlags.encrypted)) === 0 && sizeBytes < 60
  if (inPlace) return nameOf(raw.subarray(40, 40 + sizeBytes))
  const bytes = Buffer.alloc(sizeBytes)
  await (await content()).read(0, bytes)
  return nameOf(bytes)
}

/** Two bits more of the seconds and the nanoseconds stand apart, where the inode is long enough. */
function timesOf(raw: Buffer): Times {
  const extra = raw.length > 128 ? raw.readUInt16LE(128) : 0
  const time = (at: number, more: number) => {
    const wide = more + 4 <= 128 + extra ? raw.readUInt32LE(more) : 0
    return (raw.readInt32LE(at) + (wide & 3) * 2 ** 32) * 1000 + (wide >>> 2) / 1e6
  }
  return {
    modified: time(16, 136),
    accessed: time(8, 140),
    changed: time(12, 132),
    ...(extra >= 24 ? { created: time(144, 148) } : {}),
  }
}

/** Small numbers in the old place, others in the new one, as Linux packs them. */
function deviceOf(raw: Buffer): { readonly major: number; readonly minor: number } {
  const old = raw.readUInt32LE(40)
  if (old !== 0) return { major: (old >>> 8) & 0xff, minor: old & 0xff }
  const wide = raw.readUInt32LE(44)
  return { major: (wide >>> 8) & 0xfff, minor: (wide & 0xff) | ((wide >>> 12) & 0xfff00) }
}

function broken(inode: number, why: string): SindriError {
  return new SindriError('failed', `inode ${inode} is broken: ${why}`)
}
