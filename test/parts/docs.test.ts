import { expect, test } from 'vitest'
import { blocksOf, documents, runBlocks } from '../documentation.ts'

const blocks = documents()
  .flatMap((file) => blocksOf(file))
  .filter(({ marker }) => marker === 'runs: parts')

test('the README shows something that runs', () => {
  expect(blocks.map(({ file }) => file)).toContain('README.md')
})

test.each([...new Set(blocks.map(({ file }) => file))])('the commands in %s run as written', (file) => {
  // The cache keeps the base disk, which takes a minute to make.
  const { PATH, XDG_CACHE_HOME, HOME } = process.env
  runBlocks(
    blocks.filter((block) => block.file === file),
    { PATH, XDG_CACHE_HOME: XDG_CACHE_HOME || `${HOME}/.cache` },
  )
})
