import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SindriError } from '../core/error.ts'
import { esp, filesOf, fixture, gptDisk, linux } from './disk-images.fixture.ts'
import { readAll } from './file-tree.ts'
import { inspectDisk } from './inspect/inspect-disk.ts'
import { openLayout } from './inspect/layout.ts'
import { memoryDisk } from './memory-disk.fixture.ts'

const whole = gptDisk(4096, [
  { type: esp, first: 64, last: 64 + 511, bytes: fixture('fat12') },
  { type: linux, first: 1024, last: 1024 + 1023, bytes: fixture('ext4') },
])
const images = {
  ext4: fixture('ext4'),
  'ext4-inline': fixture('ext4-inline'),
  ext2: fixture('ext2'),
  xfs: fixture('xfs'),
  fat12: fixture('fat12'),
  'a whole disk': whole,
}

/** Runs what may fail only with an error that tells the user something. */
async function told(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof SindriError)) throw error
  }
}

/** Reads everything that can be read; returns how many bytes of the disk were read for it. */
async function readEverything(image: Uint8Array): Promise<number> {
  const disk = memoryDisk(image)
  await inspectDisk(disk)
  for (const { files } of (await openLayout(disk)).parts) {
    if (files === undefined) continue
    await told(async () => {
      for await (const { node } of files.walk()) {
        if (node === undefined) continue
        await told(() => node.attributes())
        if (node.kind === 'symlink') await told(() => node.target())
        if (node.kind === 'file') await told(() => readAll(node, 100_000))
      }
    })
  }
  return disk.bytesRead()
}

/** Where a file system says what it holds: bytes that are not zero, and the zeros beside them. */
function places(image: Buffer): readonly number[] {
  const found: number[] = []
  for (let at = 1; at < image.length; at++) if (image[at] !== 0 || image[at - 1] !== 0) found.push(at)
  return found
}

describe.each(Object.entries(images))('%s', (_, sound) => {
  const written = places(sound)
  const flip = fc.record({
    at: fc.nat(written.length - 1).map((index) => written[index] ?? 0),
    to: fc.oneof(fc.constantFrom(0, 0xff), fc.nat(255)),
  })

  test('with any bytes changed ends in a finding or an error that tells, after a bounded amount of work', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 12 }), async (flips) => {
        const before = flips.map(({ at }) => ({ at, was: sound[at] ?? 0 }))
        for (const { at, to } of flips) sound[at] = to
        try {
          expect(await readEverything(sound)).toBeLessThan(200 * 2 ** 20)
        } finally {
          for (const { at, was } of before.reverse()) sound[at] = was
        }
      }),
      { numRuns: 250 },
    )
  })

  test('cut off anywhere it does so too', async () => {
    const cut = fc.nat({ max: sound.length })
    await fc.assert(
      fc.asyncProperty(cut, async (length) => {
        expect(await readEverything(sound.subarray(0, length))).toBeLessThan(200 * 2 ** 20)
      }),
      { numRuns: 60 },
    )
  })
})

/** Where inode `number` of a fixture stands. */
function inodeAt(image: Buffer, number: number): number {
  const inodeBytes = image.readUInt16LE(1024 + 88)
  return image.readUInt32LE(2048 + 8) * 1024 + (number - 1) * inodeBytes
}

/** The fixture without checksums, so that lies are not told by them. */
function unchecked(): Buffer {
  const image = fixture('ext4')
  image.writeUInt32LE(image.readUInt32LE(1024 + 100) & ~0x400, 1024 + 100)
  return image
}

async function numberOf(image: Buffer, path: string): Promise<number> {
  return Number((await (await filesOf(image)).find(path, { follow: false }))?.id)
}

async function failureOf(image: Buffer, path: string): Promise<string> {
  const file = await (await filesOf(image)).find(path, { follow: false })
  return (await file?.read(0, Buffer.alloc(4096)).catch((error: Error) => error.message)) as string
}

test('an extent tree that leads to itself is told', async () => {
  const image = unchecked()
  const map = inodeAt(image, await numberOf(image, '/numbers')) + 40
  // Depth 1, one entry that leads to block 300, which holds the same with depth 0 … and says depth 1 again.
  const node = Buffer.from('0af301000400010000000000', 'hex')
  const entry = Buffer.alloc(12)
  entry.writeUInt32LE(300, 4)
  image.set(Buffer.concat([node, entry]), map)
  image.set(Buffer.concat([node, entry]), 300 * 1024)
  expect(await failureOf(image, '/numbers')).toContain('a node of it has depth 1')
  image.writeUInt16LE(2, map + 6)
  image.writeUInt16LE(2, map + 2)
  image.set(entry, map + 24)
  image.writeUInt16LE(0, 300 * 1024 + 2)
  expect(await failureOf(image, '/numbers')).toContain('block 300 leads back to itself')
})

test('a block map that leads to itself is told', async () => {
  const image = fixture('ext2')
  const map = inodeAt(image, await numberOf(image, '/numbers')) + 40
  image.writeUInt32LE(2 ** 31 - 1, inodeAt(image, await numberOf(image, '/numbers')) + 4)
  image.writeUInt32LE(300, map + 12 * 4 + 4)
  image.fill(0, 300 * 1024, 301 * 1024)
  image.writeUInt32LE(300, 300 * 1024)
  expect(await failureOf(image, '/numbers')).toContain('block 300 leads back to itself')
})

test('a file that names more blocks than there are is told', async () => {
  const image = unchecked()
  const map = inodeAt(image, await numberOf(image, '/numbers')) + 40
  image.writeUInt16LE(3, map + 2)
  for (const [index, logical] of [0, 400, 800].entries()) {
    image.writeUInt32LE(logical, map + 12 + index * 12)
    image.writeUInt32LE(300, map + 12 + index * 12 + 4)
    image.writeUInt32LE(10, map + 12 + index * 12 + 8)
  }
  expect(await failureOf(image, '/numbers')).toContain('it names more blocks than there are')
})

test('a file of 8 PiB is not read into memory', async () => {
  const image = unchecked()
  image.writeUInt32LE(0x1f_ffff, inodeAt(image, await numberOf(image, '/numbers')) + 108)
  await expect((await filesOf(image)).read('/numbers', 2 ** 20)).rejects.toThrow('no more than 1048576 were expected')
})

test('a directory that says it has 4 GiB gives what it has', async () => {
  const image = unchecked()
  image.writeUInt32LE(0xffff_ffff, inodeAt(image, await numberOf(image, '/many')) + 4)
  let count = 0
  for await (const _ of (await filesOf(image)).list('/many')) count++
  expect(count).toBe(100)
})

test('a directory that holds itself is entered once', async () => {
  const image = unchecked()
  const { find } = await filesOf(image)
  const a = Number((await find('/a'))?.id)
  const b = await find('/a/b')
  // The entry of b in a leads to a.
  const at = image.indexOf(Buffer.from('b\0\0\0'), image.indexOf(Buffer.from('again')) - 200)
  expect(image.readUInt32LE(at - 8)).toBe(Number(b?.id))
  image.writeUInt32LE(a, at - 8)
  const problems: (string | undefined)[] = []
  for await (const { path, problem } of (await filesOf(image)).walk('/a'))
    if (problem) problems.push(`${path}: ${problem}`)
  expect(problems).toEqual(['/a/b: the same directory has another name: it is not entered twice'])
})
