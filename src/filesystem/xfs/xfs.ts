import { SindriError } from '../../core/error.ts'
import { kindOfMode, longestTarget } from '../inode-kind.ts'
import { nameOf } from '../names.ts'
import type { Region } from '../region.ts'
import { type Content, contentOfRuns } from '../runs.ts'
import type { Kind, Node, Volume } from '../volume.ts'
import { xfsAttributes } from './attributes.ts'
import { xfsBlocksOf } from './blocks.ts'
import { xfsEntries } from './directory.ts'
import { readXfsInode, type XfsInode } from './inode.ts'
import { readXfsSuperblock, type XfsSuperblock } from './superblock.ts'

/**
 * The XFS file system of a region, version 4 or 5. Its log is not read: what was not written back is not seen.
 * @throws SindriError `unsupported` for features Sindri cannot read, `failed` when the superblock is broken
 */
export async function openXfs(region: Region): Promise<Volume> {
  const superblock = await readXfsSuperblock(region)

  async function node(number: number): Promise<Node> {
    const inode = await readXfsInode(region, superblock, number)
    const kind = kindOfMode(inode.mode)
    if (kind === undefined) throw broken(number, `it is of type ${inode.mode >> 12}`)
    return describe(inode, kind)
  }

  function describe(inode: XfsInode, kind: Kind): Node {
    const { raw, number, sizeBytes } = inode
    let opened: Promise<Content> | undefined
    async function content(): Promise<Content> {
      return contentOfRuns(
        region,
        superblock.blockBytes,
        sizeBytes,
        await xfsBlocksOf(region, superblock, inode, inode.data),
      )
    }
    return {
      id: number,
      kind,
      mode: inode.mode & 0o7777,
      uid: raw.readUInt32BE(8),
      gid: raw.readUInt32BE(12),
      sizeBytes,
      links: raw.readUInt32BE(16),
      times: {
        modified: timeOf(inode, 40),
        accessed: timeOf(inode, 32),
        changed: timeOf(inode, 48),
        ...(superblock.described ? { created: timeOf(inode, 144) } : {}),
      },
      ...(kind.endsWith('-device') ? { device: deviceOf(inode) } : {}),
      async *entries() {
        if (kind !== 'directory') throw broken(number, 'it is no directory')
        for await (const { name, inode: named } of xfsEntries(region, superblock, inode)) {
          yield { name, open: () => node(named) }
        }
      },
      target: async () => targetOf(region, superblock, inode, kind),
      async read(offset, into) {
        if (kind !== 'file') throw broken(number, `it is no file but a ${kind}`)
        opened ??= content()
        return (await opened).read(offset, into)
      },
      attributes: () => xfsAttributes(region, superblock, inode),
    }
  }

  const { label, uuid, blockBytes, blocks, freeBlocks, rootInode } = superblock
  return {
    type: 'xfs',
    label,
    uuid,
    foldsCase: false,
    sizeBytes: blocks * blockBytes,
    usedBytes: Math.max(0, blocks - freeBlocks) * blockBytes,
    findings: [],
    async root() {
      const root = await node(rootInode)
      if (root.kind !== 'directory') throw broken(rootInode, 'the root is no directory')
      return root
    },
  }
}

/** In version 5 each piece of a long target begins with a head of 56 bytes. */
async function targetOf(region: Region, superblock: XfsSuperblock, inode: XfsInode, kind: Kind): Promise<string> {
  const { number, sizeBytes, data } = inode
  if (kind !== 'symlink') throw broken(number, 'it is no symlink')
  if (sizeBytes > longestTarget) throw broken(number, `a symlink of ${sizeBytes} bytes`)
  if (data.format === 'local') return nameOf(data.raw.subarray(0, sizeBytes))
  const pieces: Buffer[] = []
  const head = superblock.described ? 56 : 0
  let left = sizeBytes
  for (const { physical, count } of await xfsBlocksOf(region, superblock, inode, data)) {
    const take = Math.min(left, count * superblock.blockBytes - head)
    pieces.push(Buffer.from(await region.bytes(physical * superblock.blockBytes + head, take)))
    left -= take
  }
  if (left > 0) throw broken(number, 'a symlink that is cut off')
  return nameOf(Buffer.concat(pieces))
}

/** Seconds since 1970 and nanoseconds, or nanoseconds since as long before 1970 as 31 bits of seconds reach. */
function timeOf({ raw, longTimes }: XfsInode, at: number): number {
  if (longTimes) return Number(raw.readBigUInt64BE(at) / 1000n) / 1000 - 2 ** 31 * 1000
  return raw.readInt32BE(at) * 1000 + raw.readUInt32BE(at + 4) / 1e6
}

/** As IRIX packed them: 14 bits and 18 bits. */
function deviceOf({ data }: XfsInode): { readonly major: number; readonly minor: number } {
  const packed = data.raw.length >= 4 ? data.raw.readUInt32BE(0) : 0
  return { major: packed >>> 18, minor: packed & 0x3_ffff }
}

function broken(inode: number, why: string): SindriError {
  return new SindriError('failed', `inode ${inode} is broken: ${why}`)
}
