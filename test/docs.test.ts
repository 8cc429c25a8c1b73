import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { blocksOf, brokenLinks, documents, runBlocks } from './documentation.ts'

const blocks = documents().flatMap((file) => blocksOf(file))

test('the reader of documents finds blocks, their markers and what is typed in them', () => {
  const text = [
    '<!-- runs: unit -->',
    '```sh',
    'a',
    '```',
    '',
    '```console',
    '$ b',
    'says b',
    '```',
    '```yaml',
    'c',
    '```',
  ]
  expect(blocksOf('x.md', text.join('\n'))).toEqual([
    { file: 'x.md', line: 2, marker: 'runs: unit', commands: 'a\n' },
    { file: 'x.md', line: 6, marker: undefined, commands: 'b' },
  ])
})

test('every block of commands says how it is tested', () => {
  const known = ['runs: unit', 'runs: parts', 'runs: ci', 'needs: account', 'needs: network']
  const unmarked = blocks.filter(({ marker }) => !known.includes(marker ?? ''))
  expect(unmarked.map(({ file, line, marker }) => `${file}:${line} is marked '${marker ?? ''}'`)).toEqual([])
})

test('what is said to run in CI stands in .ci/run', () => {
  const lines = readFileSync(new URL('../.ci/run', import.meta.url), 'utf8').split('\n')
  const runs = (command: string): boolean => lines.some((line) => line === command || line.startsWith(`${command} `))
  const absent = blocks
    .filter(({ marker }) => marker === 'runs: ci')
    .flatMap(({ file, line, commands }) =>
      commands
        .trim()
        .split('\n')
        .map((command) => command.replace(/\s+#.*$/, ''))
        .filter((command) => !runs(command))
        .map((command) => `${file}:${line} ${command}`),
    )
  expect(absent).toEqual([])
})

test.each(documents())('%s links to nothing that is not there', (file) => {
  expect(brokenLinks(file)).toEqual([])
})

const unit = blocks.filter(({ marker }) => marker === 'runs: unit')
test.each([...new Set(unit.map(({ file }) => file))])('the commands in %s run as written', (file) => {
  runBlocks(
    unit.filter((block) => block.file === file),
    { PATH: process.env.PATH },
  )
})
