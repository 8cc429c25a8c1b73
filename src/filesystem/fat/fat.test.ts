import { expect, test } from 'vitest'
import { filesOf, fixture } from '../disk-images.fixture.ts'
import { memoryDisk } from '../memory-disk.fixture.ts'
import { openVolume } from '../open-volume.ts'
import { regionOf } from '../region.ts'

const longPath = '/a longer name than eight letters/Ünïcode.text'

test('long names, short names and any case lead to a file', async () => {
  const { find, read, volume } = await filesOf(fixture('fat12'))
  expect(volume).toMatchObject({ type: 'fat12', label: 'FIXTURE', uuid: '1234-ABCD' })
  expect((await read(longPath, 50_000))?.length).toBe(40_000)
  expect((await read(longPath.toUpperCase(), 50_000))?.toString('latin1', 498, 500)).toBe('1\n')
  expect(await find('/efi/Boot/bootaa64.efi')).toMatchObject({ kind: 'file', sizeBytes: 70, uid: 0, mode: 0o755 })
  expect(await find('/EFI/none')).toBeUndefined()
})

/** Bytes of the fixture as its boot sector places them. */
function places(image: Buffer) {
  const reserved = image.readUInt16LE(14) * 512
  const root = reserved + (image[16] ?? 0) * image.readUInt16LE(22) * 512
  return { table: reserved, root, data: root + image.readUInt16LE(17) * 32, cluster: (image[13] ?? 0) * 512 }
}

test('a directory whose chain has no end is told after what is in it', async () => {
  const image = fixture('fat12')
  const { table, root, data, cluster } = places(image)
  const efi = image.indexOf('EFI        ', root, 'latin1')
  const own = image.readUInt16LE(efi + 26)
  // Entries that are deleted up to the end, and a cluster that is followed by itself.
  const start = data + (own - 2) * cluster
  image.fill(0xe5, start + 3 * 32, start + cluster)
  const at = table + own + (own >> 1)
  const pair = image.readUInt16LE(at)
  image.writeUInt16LE(own % 2 === 0 ? (pair & 0xf000) | own : (pair & 0xf) | (own << 4), at)
  const { walk } = await filesOf(image)
  const met: (string | undefined)[] = []
  for await (const { path, problem } of walk('/EFI')) met.push(problem ?? path)
  expect(met.slice(0, 2)).toEqual(['/EFI/BOOT', '/EFI/BOOT/BOOTAA64.EFI'])
  expect(met.at(-1)).toBe(`the file allocation table is broken: the chain from cluster ${own} has no end`)
})

test('a file whose chain is shorter than its size cannot be read', async () => {
  const image = fixture('fat12')
  const { root, data, cluster } = places(image)
  const efi = image.indexOf('EFI        ', root, 'latin1')
  const boot = data + (image.readUInt16LE(efi + 26) - 2) * cluster
  const loader = data + (image.readUInt16LE(boot + 2 * 32 + 26) - 2) * cluster
  image.writeUInt32LE(4_000_000_000, loader + 2 * 32 + 28)
  const { find } = await filesOf(image)
  const file = await find('/EFI/BOOT/BOOTAA64.EFI')
  expect(file?.sizeBytes).toBe(4_000_000_000)
  await expect(file?.read(0, Buffer.alloc(64))).rejects.toThrow(/a file of 4000000000 bytes has \d clusters?/)
})

test('a directory that names a directory above it is entered once', async () => {
  const image = fixture('fat12')
  const { root, data, cluster } = places(image)
  const efi = image.indexOf('EFI        ', root, 'latin1')
  const own = image.readUInt16LE(efi + 26)
  // BOOT in EFI becomes EFI itself.
  image.writeUInt16LE(own, data + (own - 2) * cluster + 2 * 32 + 26)
  const { walk } = await filesOf(image)
  const met: (string | undefined)[] = []
  for await (const { path, problem } of walk('/EFI')) met.push(`${path}: ${problem}`)
  expect(met).toEqual(['/EFI/BOOT: the same directory has another name: it is not entered twice'])
})

test.each([
  ['sectors of 3 bytes', 11, 3, 'its sectors have 3 bytes'],
  ['clusters of 3 sectors', 13, 3, 'its clusters have 3 sectors'],
  ['no table', 16, 0, 'it has no file allocation table'],
])('%s: cannot be read, and why', async (_, at, value, message) => {
  const image = fixture('fat12')
  image.set(at === 11 ? [value, 0] : [value], at)
  const content = await openVolume(regionOf(memoryDisk(image), 'the disk'))
  expect(content?.unreadable).toBe(`cannot be read: the FAT boot sector is broken: ${message}`)
})
