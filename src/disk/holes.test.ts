import { expect, test } from 'vitest'
import { readAnswer } from './holes.ts'

/** As e2fsprogs 1.47 answers for a file of ext4. */
const head = `Filesystem type is: ef53
File size of /dev/fd/3 is 22059520 (22061056 blocks of 1 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:`
const rows = [
  '   0:  9437184.. 9441279: 213700837376..213700841471:   4096:    9437184:',
  '   1: 20971520..21037055: 187874410496..187874476031:  65536: 213700841472: unwritten',
  '   2: 22056960..22061055: 213676929024..213676933119:   4096: 213713457152: last,eof',
]
const found = '/dev/fd/3: 3 extents found'

function ask(lines: readonly string[], sizeBytes = 22_059_520): unknown {
  const answer = readAnswer(sizeBytes)
  for (const line of lines.join('\n').split('\n')) answer.line(line)
  return answer.runs()
}

test('every run counts, also one that is only reserved; the last ends with the file', () => {
  expect(ask([head, ...rows, found])).toEqual([
    { offset: 9_437_184, length: 4096 },
    { offset: 20_971_520, length: 65_536 },
    { offset: 22_056_960, length: 2560 },
  ])
})

test('a file that is one hole has no runs', () => {
  const lines = ['File size of /dev/fd/3 is 1048576 (1048576 blocks of 1 bytes)', '/dev/fd/3: 0 extents found']
  expect(ask(lines, 1 << 20)).toEqual([])
})

test.each([
  ['nothing is said', []],
  ['the end is missing', [head, ...rows]],
  ['the last run is missing', [head, ...rows.slice(0, 2), '/dev/fd/3: 3 extents found']],
  ['the rows are missing', [head, found]],
  ['it is about a file of another size', [head.replace('is 22059520', 'is 22059521'), ...rows, found]],
  ['it counts in other blocks', [head.replace('of 1 bytes', 'of 4096 bytes'), ...rows, found]],
  ['runs are not in order', [head, ...[rows[1], rows[0], rows[2]].map(String), found]],
  ['it was made block by block', [head, ...rows.slice(0, 2), `${rows[2]},merged`, found]],
])('no answer, and all is read, when %s', (_, lines) => {
  expect(ask(lines)).toBeUndefined()
})
