import { SindriError } from '../../core/error.ts'
import { nameOf } from '../names.ts'
import type { Region } from '../region.ts'
import type { Inode } from './inode.ts'
import { linuxAcl } from './posix-acl.ts'
import type { Superblock } from './superblock.ts'

interface Attribute {
  readonly name: string
  readonly value: Buffer
  /** The inode whose content is the value, when it is not here. */
  readonly inode?: number
  readonly sizeBytes: number
}

// https://docs.kernel.org/filesystems/ext4/attributes.html (2026-11)
const magic = 0xea02_0000
const prefixes: Readonly<Record<number, string>> = {
  0: '',
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
  8: 'system.richacl',
  9: 'c.',
}
/** Linux takes no longer values. */
const longest = 65_536

/** All attributes of an inode, as Linux tells them. `valueIn` reads a value that is an inode of its own. */
export async function attributesOf(
  region: Region,
  { blockBytes, blocks }: Superblock,
  inode: Inode,
  valueIn: (inode: number, sizeBytes: number) => Promise<Buffer>,
): Promise<ReadonlyMap<string, Buffer>> {
  const found = inodeAttributes(inode).filter(({ name }) => name !== 'system.data')
  const block = inode.raw.readUInt32LE(104) + inode.raw.readUInt16LE(118) * 2 ** 32
  if (block !== 0) {
    if (block >= blocks) throw broken(inode, `they are said to be in block ${block}`)
    const bytes = await region.bytes(block * blockBytes, blockBytes)
    if (bytes.readUInt32LE(0) !== magic) throw broken(inode, `block ${block} holds none`)
    found.push(...parse(inode, bytes.subarray(32), bytes))
  }
  const all = new Map<string, Buffer>()
  for (const { name, value, inode: elsewhere, sizeBytes } of found) {
    const bytes = elsewhere === undefined ? Buffer.from(value) : await valueIn(elsewhere, sizeBytes)
    all.set(name, name.startsWith('system.posix_acl_') ? linuxAcl(bytes) : bytes)
  }
  return all
}

/** The attributes that stand in the inode itself. */
export function inodeAttributes(inode: Inode): Attribute[] {
  const { raw } = inode
  const start = raw.length > 128 ? 128 + raw.readUInt16LE(128) : raw.length
  if (start + 8 > raw.length || raw.readUInt32LE(start) !== magic) return []
  const area = raw.subarray(start + 4)
  return parse(inode, area, area)
}

function parse(inode: Inode, entries: Buffer, values: Buffer): Attribute[] {
  const found: Attribute[] = []
  for (let at = 0; at + 4 <= entries.length && entries.readUInt32LE(at) !== 0; ) {
    if (at + 16 > entries.length) throw broken(inode, 'an entry is cut off')
    const nameBytes = entries[at] ?? 0
    const name = entries.subarray(at + 16, at + 16 + nameBytes)
    const elsewhere = entries.readUInt32LE(at + 4)
    const offset = entries.readUInt16LE(at + 2)
    const sizeBytes = entries.readUInt32LE(at + 8)
    if (name.length < nameBytes) throw broken(inode, 'a name is cut off')
    if (sizeBytes > longest || (elsewhere === 0 && offset + sizeBytes > values.length)) {
      throw broken(inode, `a value has ${sizeBytes} bytes at ${offset}`)
    }
    const index = entries[at + 1] ?? 0
    found.push({
      name: (prefixes[index] ?? `${index}.`) + nameOf(name),
      value: elsewhere === 0 ? values.subarray(offset, offset + sizeBytes) : Buffer.alloc(0),
      ...(elsewhere === 0 ? {} : { inode: elsewhere }),
      sizeBytes,
    })
    at += 16 + Math.ceil(nameBytes / 4) * 4
  }
  return found
}

function broken(inode: Inode, why: string): SindriError {
  return new SindriError('failed', `the extended attributes of inode ${inode.number} are broken: ${why}`)
}
