import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type FileTree, stream } from '../../src/filesystem/file-tree.ts'
import { bytesOf, nameOf } from '../../src/filesystem/names.ts'

/** What there is to know of every path, one line each, so that a difference is shown as one. */
export type Listing = Readonly<Record<string, string>>

const letters = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  'character-device': 'c',
  'block-device': 'b',
  fifo: 'p',
  socket: 's',
}

/** A directory of this machine as GNU find tells it. Without `owners` permissions, owners and times are left out. */
export async function listingByFind(folder: string, owners = true): Promise<Listing> {
  const format = '%P\\0%y\\0%m\\0%U\\0%G\\0%s\\0%T@\\0%l\\0'
  const out = execFileSync('find', [folder, '-mindepth', '1', '-printf', format], { maxBuffer: 2 ** 28 })
  const fields: Buffer[] = []
  for (let at = 0; at < out.length; ) {
    const end = out.indexOf(0, at)
    fields.push(out.subarray(at, end))
    at = end + 1
  }
  const listing: Record<string, string> = {}
  for (let at = 0; at + 7 < fields.length; at += 8) {
    const [path = Buffer.alloc(0), kind, mode, uid, gid, size, time, link = Buffer.alloc(0)] = fields.slice(at, at + 8)
    const detail =
      `${kind}` === 'f'
        ? `${size} ${await fileHash(Number(size), () => createReadStream(Buffer.concat([Buffer.from(`${folder}/`), path])))}`
        : nameOf(link)
    const who = owners && `${kind}` !== 'l' ? `${mode} ${uid} ${gid} ${Math.floor(Number(`${time}`))}` : ''
    listing[`/${nameOf(path)}`] = `${kind} ${who} ${detail}`
  }
  return listing
}

/** The same of a tree of ours. */
export async function listingByUs(tree: FileTree, owners = true): Promise<Listing> {
  const listing: Record<string, string> = {}
  for await (const { path, node, problem } of tree.walk()) {
    if (problem !== undefined) throw new Error(`${path}: ${problem}`)
    if (path.startsWith('/lost+found')) continue
    if (!bytesOf(path).equals(bytesOf(nameOf(bytesOf(path))))) throw new Error(`${path} is not its own bytes`)
    const detail =
      node.kind === 'file'
        ? `${node.sizeBytes} ${await fileHash(node.sizeBytes, () => stream(node))}`
        : node.kind === 'symlink'
          ? await node.target()
          : ''
    const modified = Math.floor(node.times.modified / 1000)
    const who = owners && node.kind !== 'symlink' ? `${node.mode.toString(8)} ${node.uid} ${node.gid} ${modified}` : ''
    listing[path] = `${letters[node.kind]} ${who} ${detail}`
  }
  return listing
}

/** Extended attributes as getfattr tells them, by path; what has none is left out. */
export function attributesByGetfattr(folder: string): Listing {
  const options = ['-R', '-P', '-h', '-d', '-m', '-', '-e', 'hex', '.']
  const text = execFileSync('getfattr', options, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 })
  return Object.fromEntries(
    text
      .trim()
      .split('\n\n')
      .map((block) => {
        const [head = '', ...lines] = block.split('\n')
        return [
          head.replace('# file: ', '/'),
          lines
            .map((line) => line.replace(/=(0x)?/, '='))
            .sort()
            .join(' '),
        ]
      }),
  )
}

/** The same of a tree of ours. */
export async function attributesByUs(tree: FileTree): Promise<Listing> {
  const listing: Record<string, string> = {}
  for await (const { path, node } of tree.walk()) {
    const attributes = (await node?.attributes()) ?? new Map<string, Buffer>()
    if (attributes.size === 0) continue
    listing[path] = [...attributes]
      .map(([name, value]) => `${name}=${value.toString('hex')}`)
      .sort()
      .join(' ')
  }
  return listing
}

/** Of files larger than this only the size is compared: they are holes. */
const hashed = 2 ** 30

async function fileHash(sizeBytes: number, bytes: () => AsyncIterable<Buffer>): Promise<string> {
  return sizeBytes > hashed ? '' : hashOf(bytes())
}

async function hashOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(bytes, async (pieces) => {
    for await (const piece of pieces) hash.update(piece as Buffer)
  })
  return hash.digest('hex')
}
