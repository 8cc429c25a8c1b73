import { messageOf, SindriError } from '../core/error.ts'
import { shown } from './names.ts'
import type { Entry, Node, Volume } from './volume.ts'

/** Something met on a walk, or why the walk could not go on there. */
export type Met =
  | { readonly path: string; readonly node: Node; readonly problem?: never }
  | { readonly path: string; readonly node?: never; readonly problem: string }

/** The files of a volume by their paths, which are as `nameOf` makes them and begin with `/`. */
export interface FileTree {
  readonly volume: Volume
  /**
   * What a path leads to; `undefined` when there is nothing. Symlinks lead to places in the tree, never out of it; the
   * last one is followed unless `follow` is false. @throws SindriError `failed` for a loop, or where something is broken
   */
  find(path: string, how?: { readonly follow?: boolean }): Promise<Node | undefined>
  /** Everything in a directory. @throws SindriError `not-found`, `failed` */
  list(path: string): AsyncIterable<Entry>
  /** A file's bytes; `undefined` when there is no such file. @throws SindriError `failed` when it is longer than `limit` */
  read(path: string, limit: number): Promise<Buffer | undefined>
  /**
   * Everything below a path, each directory before what is in it and entered once however often it is named. What is
   * broken is met as a problem, and the walk goes on beside it. @throws SindriError `not-found` for the path itself
   */
  walk(path?: string): AsyncIterable<Met>
}

/** What a walk and a look-up stop at. */
export interface Limits {
  readonly entries: number
  readonly depth: number
}

/** As many symlinks as Linux follows in one path. */
const mostSymlinks = 40
const mostComponents = 4096
const pieceBytes = 2 ** 20

/** The files of a volume by their paths. */
export function fileTree(volume: Volume, limits: Limits = { entries: 10_000_000, depth: 4096 }): FileTree {
  const sameName = volume.foldsCase
    ? (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
    : (a: string, b: string) => a === b

  async function child(directory: Node, name: string): Promise<Node | undefined> {
    for await (const entry of directory.entries()) if (sameName(entry.name, name)) return entry.open()
    return undefined
  }

  async function find(path: string, { follow = true }: { readonly follow?: boolean } = {}): Promise<Node | undefined> {
    const root = await volume.root()
    // The directories on the way, for `..`; above the root is the root.
    let way: Node[] = [root]
    let names = path.split('/').filter(isStep).reverse()
    for (let symlinks = 0; ; ) {
      const here = way.at(-1) ?? root
      const name = names.pop()
      if (name === undefined) return here
      if (name === '..') {
        if (way.length > 1) way.pop()
        continue
      }
      if (here.kind !== 'directory') return undefined
      const next = await child(here, name)
      if (next === undefined) return undefined
      if (next.kind !== 'symlink' || (names.length === 0 && !follow)) {
        way.push(next)
        continue
      }
      if (++symlinks > mostSymlinks)
        throw new SindriError('failed', `${shown(path)}: more than ${mostSymlinks} symlinks`)
      const target = await next.target()
      if (target.startsWith('/')) way = [root]
      names = [...names, ...target.split('/').filter(isStep).reverse()]
      if (names.length > mostComponents) throw new SindriError('failed', `${shown(path)}: the path is too long`)
    }
  }

  async function* walk(path = '/'): AsyncGenerator<Met> {
    const start = await find(path)
    if (start === undefined) throw new SindriError('not-found', `there is no ${shown(path)}`)
    const entered = new Set<Node['id']>([start.id])
    const open = [{ path: path.replace(/\/+$/, ''), entries: listed(start) }]
    let met = 0
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const step = await nextOf(top.entries)
      if (step === undefined) {
        open.pop()
        continue
      }
      if (typeof step === 'string') {
        open.pop()
        yield { path: top.path === '' ? '/' : top.path, problem: step }
        continue
      }
      if (++met > limits.entries) {
        yield { path: top.path, problem: `more than ${limits.entries} files; the rest was not read` }
        return
      }
      const own = `${top.path}/${step.name}`
      const node = await step.open().catch(messageOf)
      if (typeof node === 'string') {
        yield { path: own, problem: node }
        continue
      }
      if (node.kind === 'directory' && entered.has(node.id)) {
        yield { path: own, problem: 'the same directory has another name: it is not entered twice' }
        continue
      }
      yield { path: own, node }
      if (node.kind !== 'directory') continue
      entered.add(node.id)
      if (open.length < limits.depth) open.push({ path: own, entries: listed(node) })
      else yield { path: own, problem: `more than ${limits.depth} directories deep: not entered` }
    }
  }

  return {
    volume,
    find,
    walk,
    async *list(path) {
      const directory = await find(path)
      if (directory === undefined) throw new SindriError('not-found', `there is no ${shown(path)}`)
      yield* directory.entries()
    },
    async read(path, limit) {
      const file = await find(path)
      return file?.kind === 'file' ? readAll(file, limit) : undefined
    },
  }
}

/** A file's bytes at once. @throws SindriError `failed` when it is longer than `limit` bytes */
export async function readAll(file: Node, limit: number): Promise<Buffer> {
  if (file.sizeBytes > limit) {
    throw new SindriError('failed', `a file of ${file.sizeBytes} bytes, and no more than ${limit} were expected`)
  }
  return readStart(file, file.sizeBytes)
}

/** The first `length` bytes of a file, or fewer where it has fewer. */
export async function readStart(file: Node, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, await file.read(0, bytes))
}

/** A file's bytes in pieces of at most 1 MiB, each valid until the next is asked for. Stops after `limit` bytes. */
export async function* stream(file: Node, limit: number = file.sizeBytes): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(Math.min(pieceBytes, file.sizeBytes, limit))
  for (let offset = 0; offset < Math.min(file.sizeBytes, limit); ) {
    const count = await file.read(offset, piece.subarray(0, Math.min(piece.length, limit - offset)))
    if (count === 0) return
    yield piece.subarray(0, count)
    offset += count
  }
}

function isStep(name: string): boolean {
  return name !== '' && name !== '.'
}

function listed(directory: Node): AsyncIterator<Entry> {
  return directory.entries()[Symbol.asyncIterator]()
}

/** The next entry, why there is none, or nothing at the end. */
async function nextOf(entries: AsyncIterator<Entry>): Promise<Entry | string | undefined> {
  try {
    const step = await entries.next()
    return step.done === true ? undefined : step.value
  } catch (error) {
    return messageOf(error)
  }
}
