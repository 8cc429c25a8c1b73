import { expect, test } from 'vitest'
import { fileTree, type Met } from './file-tree.ts'
import type { Entry, Node, Volume } from './volume.ts'

const plain = { mode: 0o755, uid: 0, gid: 0, sizeBytes: 0, links: 1, times: { modified: 0 } }
const never = async () => {
  throw new Error('not here')
}

/** A directory whose entries are made when they are asked for. */
function directory(id: string, entries: () => AsyncIterable<Entry>): Node {
  return { ...plain, id, kind: 'directory', entries, target: never, read: never, attributes: never }
}

function volumeOf(root: Node): Volume {
  const about = { type: 'made', label: '', foldsCase: false, sizeBytes: 0, usedBytes: 0, findings: [] }
  return { ...about, root: async () => root }
}

/** A directory in a directory in a directory, and so on, each with a neighbour. */
function bottomless(depth: number): Node {
  return directory(`${depth}`, async function* () {
    yield { name: 'd', open: async () => bottomless(depth + 1) }
    yield { name: 'beside', open: async () => directory(`beside ${depth}`, async function* () {}) }
  })
}

async function problemsOf(walk: AsyncIterable<Met>): Promise<readonly string[]> {
  const problems: string[] = []
  for await (const { problem } of walk) if (problem !== undefined) problems.push(problem)
  return problems
}

test('a walk stops at a depth, and goes on beside it', async () => {
  const { walk } = fileTree(volumeOf(bottomless(0)), { entries: 1000, depth: 50 })
  expect(await problemsOf(walk())).toEqual(Array(2).fill('more than 50 directories deep: not entered'))
})

test('a walk stops after so many files', async () => {
  const endless = directory('/', async function* () {
    for (let number = 0; ; number++) yield { name: `${number}`, open: async () => bottomless(1e9 + number) }
  })
  const { walk } = fileTree(volumeOf(endless), { entries: 1000, depth: 1 })
  expect((await problemsOf(walk())).at(-1)).toBe('more than 1000 files; the rest was not read')
})

test('what breaks in the middle of a directory is met, and what is beside it as well', async () => {
  const broken = directory('broken', async function* () {
    yield { name: 'first', open: async () => directory('first', async function* () {}) }
    throw new Error('no more of this')
  })
  const root = directory('/', async function* () {
    yield { name: 'broken', open: async () => broken }
    yield { name: 'unopened', open: never }
    yield { name: 'sound', open: async () => directory('sound', async function* () {}) }
  })
  const met: string[] = []
  for await (const { path, problem } of fileTree(volumeOf(root)).walk()) met.push(`${path} ${problem ?? ''}`.trim())
  expect(met).toEqual(['/broken', '/broken/first', '/broken no more of this', '/unopened not here', '/sound'])
})

test('a path may be no longer than what its symlinks make of it', async () => {
  const link: Node = {
    ...directory('link', never as never),
    kind: 'symlink',
    target: async () => 'link/'.repeat(800),
  }
  const root = directory('/', async function* () {
    yield { name: 'link', open: async () => link }
  })
  await expect(fileTree(volumeOf(root)).find('/link')).rejects.toThrow('the path is too long')
})
