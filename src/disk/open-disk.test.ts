import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, open, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { detectFormat } from './detect.ts'
import { openFile } from './file-bytes.ts'
import { contentOf, inMemory, makeDynamicVhd, makeQcow2, makeTarGz, makeVmdk, pattern } from './made-disks.fixture.ts'
import { openDisk } from './open-disk.ts'

const folder = await mkdtemp(join(tmpdir(), 'sindri-open-'))
afterAll(() => rm(folder, { recursive: true }))

/** A disk of zeros with some text at an offset. */
function having(at: number, text: string, length = 1 << 17): Buffer {
  const disk = Buffer.alloc(length)
  disk.write(text, at, 'latin1')
  return disk
}

test.each<readonly [what: string, file: Buffer, format: string]>([
  ['a partition table', having(510, '\x55\xaa'), 'raw'],
  ['a partition table of one sector', having(510, '\x55\xaa', 512), 'raw'],
  ['a GPT', having(512, 'EFI PART'), 'raw'],
  ['a GPT of sectors of 4 KiB', having(4096, 'EFI PART'), 'raw'],
  ['ext4', having(1080, '\x53\xef'), 'raw'],
  ['XFS', having(0, 'XFSB'), 'raw'],
  ['btrfs', having(0x10040, '_BHRfS_M'), 'raw'],
  ['qcow2', makeQcow2().file, 'qcow2'],
  ['VHD', makeDynamicVhd().file, 'vhd'],
  ['VHD with only its footer', Buffer.concat([pattern(4096), makeDynamicVhd().file.subarray(-512)]), 'vhd'],
  ['VMDK', makeVmdk(true).file, 'vmdk'],
  ['VMDK, the description alone', Buffer.from('# Disk DescriptorFile\ncreateType="monolithicFlat"\n'), 'vmdk'],
  ['tar.gz', makeTarGz(pattern(600)), 'tar.gz'],
  ['tar.gz with a folder in the name', makeTarGz(pattern(600), './disk.raw'), 'tar.gz'],
])('%s is told by its content', async (_, file, format) => {
  expect(await detectFormat(inMemory(file))).toBe(format)
})

test.each<readonly [what: string, file: Buffer, said: RegExp]>([
  ['nothing known', pattern(100_000), /no known format/],
  ['zeros', Buffer.alloc(100_000), /no known format/],
  ['one byte', Buffer.alloc(1), /no known format/],
  ['a gzip of a disk', gzipSync(having(510, '\x55\xaa')), /gzip, and holds no tar/],
  ['a tar.gz of something else', makeTarGz(pattern(600), 'disk.img'), /"disk.img", not disk.raw/],
  ['a link in a tar.gz', makeTarGz(Buffer.alloc(0), 'disk.raw', (h) => h.write('2', 156)), /kind "2", not a file/],
  ['a tar file', having(257, 'ustar'), /a tar file/],
  ['a CD that is also a disk', Buffer.concat([having(510, '\x55\xaa', 0x8001), Buffer.from('CD001')]), /a CD/],
  ['VHDX', having(0, 'vhdxfile'), /VHDX/],
])('%s is no disk, and the error says what to do', async (_, file, said) => {
  const detected = detectFormat(inMemory(file))
  await expect(detected).rejects.toMatchObject({ code: 'unsupported', hint: expect.stringMatching(/.{10}/) })
  await expect(detected).rejects.toThrow(said)
})

test('an empty file is an error of its own', async () => {
  await expect(detectFormat(inMemory(Buffer.alloc(0)))).rejects.toThrow(/empty/)
})

test('what looks like nothing is raw when the user says so', async () => {
  const disk = await openDisk(inMemory(pattern(1001)), { format: 'raw' })
  expect((await contentOf(disk, 100)).equals(pattern(1001))).toBe(true)
})

test('a tar.gz without a folder to unpack it in is refused', async () => {
  await expect(openDisk(inMemory(makeTarGz(pattern(600))))).rejects.toMatchObject({ code: 'usage' })
})

test('what cannot be opened is closed, and the error names the file', async () => {
  const path = join(folder, 'no-disk')
  await writeFile(path, pattern(1000))
  await expect(openDisk(path)).rejects.toThrow(path)
  let closed = 0
  const close = async (): Promise<void> => {
    closed += 1
  }
  const file = { ...inMemory(pattern(1000)), close }
  await expect(openDisk(file)).rejects.toThrow()
  expect(closed).toBe(1)
})

test('a path that is none, a folder, and a file of others are told apart', async () => {
  await expect(openFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' })
  await expect(openFile(folder)).rejects.toMatchObject({ code: 'usage' })
  const path = join(folder, 'secret')
  await writeFile(path, 'x')
  await chmod(path, 0)
  const opened = openFile(path).then((bytes) => bytes.close())
  // root may read everything.
  if (process.getuid?.() !== 0) await expect(opened).rejects.toMatchObject({ code: 'denied' })
  else await opened
})

test('a file is read with its holes, and whatever is told of them, no byte is lost', async () => {
  const path = join(folder, 'sparse')
  const content = Buffer.alloc(3_000_001)
  content.set(pattern(5000), 1_000_000)
  content.set([1], 3_000_000)
  await writeFile(path, '')
  await truncate(path, content.length)
  const file = await open(path, 'r+')
  await file.write(content, 1_000_000, 5000, 1_000_000)
  await file.write(content, 3_000_000, 1, 3_000_000)
  // Nothing of it needs to be on the disk yet.
  const disk = await openDisk(path, { format: 'raw' })
  await file.close()
  const seen = Buffer.alloc(content.length)
  for (const { offset, length } of disk.extents) await disk.read(offset, seen.subarray(offset, offset + length))
  await disk.close()
  expect(seen.equals(content)).toBe(true)
})

test('a file that becomes shorter while it is read is an error', async () => {
  const path = join(folder, 'shrinking')
  await writeFile(path, pattern(10_000))
  const bytes = await openFile(path)
  await truncate(path, 5000)
  await expect(bytes.read(4000, Buffer.alloc(2000))).rejects.toMatchObject({ code: 'failed' })
  await expect(bytes.read(9000, Buffer.alloc(2000))).rejects.toThrow(RangeError)
  await bytes.close()
})

test('what would be waited for, for ever, is no disk', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await expect(openDisk(pipe)).rejects.toMatchObject({ code: 'usage', message: `${pipe} is not a file` })
  const loop = join(folder, 'loop')
  await symlink(loop, loop)
  await expect(openDisk(loop)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(loop) })
})

test('a tar.gz that holds a second disk is refused: other programs would take that one', async () => {
  const both = [pattern(600, 1), pattern(600, 2)].map((data) => gunzipSync(makeTarGz(data)).subarray(0, 1536))
  const packed = gzipSync(Buffer.concat([...both, Buffer.alloc(1024)]))
  await expect(openDisk(inMemory(packed), { folder })).rejects.toThrow(/more than the disk/)
})
