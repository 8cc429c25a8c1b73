import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { digestOf } from './digest.ts'
import { digestOnce, hashedFile } from './digest-sidecar.ts'
import { inMemory, makeDynamicVhd, makeQcow2, pattern } from './made-disks.fixture.ts'
import { openDisk } from './open-disk.ts'

const folder = await mkdtemp(join(tmpdir(), 'sindri-digest-'))
afterAll(() => rm(folder, { recursive: true }))

function sha256(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

test.each([
  ['qcow2', makeQcow2()],
  ['VHD', makeDynamicVhd()],
])('the digest of a %s is that of what a machine sees', async (_, { file, content }) => {
  expect(await digestOf(await openDisk(inMemory(file)))).toBe(sha256(content))
})

test('holes are hashed without being read, every run is read once, and progress ends at the end', async () => {
  const content = Buffer.alloc(150 << 20)
  const runs = [
    { offset: 5, length: 2_500_000 },
    { offset: 99 << 20, length: 7 },
    { offset: (150 << 20) - 1, length: 1 },
  ]
  for (const { offset, length } of runs) content.set(pattern(length), offset)
  const file = inMemory(content, runs)
  const told: number[] = []
  const digest = await digestOf(await openDisk(file, { format: 'raw' }), (done) => told.push(done))
  expect(digest).toBe(sha256(content))
  expect(file.bytesRead()).toBe(2_500_008)
  expect(told.length).toBeGreaterThan(1)
  expect(told).toEqual([...told].sort((a, b) => a - b))
  expect(told.at(-1)).toBe(content.length)
})

test('a disk that cannot be read has no digest', async () => {
  const disk = await openDisk(inMemory(pattern(5 << 20)), { format: 'raw' })
  const broken = { ...disk, read: () => Promise.reject(new Error('no more')) }
  await expect(digestOf(broken)).rejects.toThrow('no more')
})

test('a digest is made once for a file, and again when the file or the sidecar changed', async () => {
  const path = join(folder, 'disk')
  const sidecar = join(folder, 'disk.digest')
  await writeFile(path, pattern(1000))
  let made = 0
  const digest = (): Promise<string> =>
    digestOnce(hashedFile(path), sidecar, async () => {
      made += 1
      return sha256(await readFile(path))
    })
  const first = await digest()
  expect(first).toBe(sha256(pattern(1000)))
  expect([await digest(), made]).toEqual([first, 1])

  await appendFile(path, 'x')
  expect([await digest(), made]).toEqual([sha256(await readFile(path)), 2])
  await utimes(path, 1, 1)
  expect([await digest(), made]).toEqual([sha256(await readFile(path)), 3])

  // Another file in its place, of the same size and time.
  await writeFile(`${path}.new`, pattern(1001, 9))
  await utimes(`${path}.new`, 1, 1)
  await rename(`${path}.new`, path)
  expect([await digest(), made]).toEqual([sha256(pattern(1001, 9)), 4])

  for (const text of [
    '',
    '{',
    'null',
    '{"sha256":"no"}',
    (await readFile(sidecar, 'utf8')).replace(/[0-9a-f]{64}/, 'f00'),
  ]) {
    await writeFile(sidecar, text)
    expect(await digest()).toBe(sha256(pattern(1001, 9)))
  }
  expect(made).toBe(9)
})

test('a folder that cannot be written only costs the time to make it again', async () => {
  const path = join(folder, 'other')
  await writeFile(path, 'x')
  expect(
    await digestOnce(hashedFile(path), join(folder, 'none', 'sidecar'), async () => sha256(Buffer.from('x'))),
  ).toBe(sha256(Buffer.from('x')))
})

test('a file that changes while its digest is made has none', async () => {
  const path = join(folder, 'changing')
  await writeFile(path, 'x')
  const digest = digestOnce(hashedFile(path), `${path}.digest`, async () => {
    await appendFile(path, 'y')
    return sha256(Buffer.from('x'))
  })
  await expect(digest).rejects.toMatchObject({ code: 'conflict' })
})
