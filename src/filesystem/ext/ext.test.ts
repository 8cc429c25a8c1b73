import { expect, test } from 'vitest'
import { filesOf, fixture } from '../disk-images.fixture.ts'
import { memoryDisk } from '../memory-disk.fixture.ts'
import { openVolume } from '../open-volume.ts'
import { regionOf } from '../region.ts'

/** Why an image cannot be read after a change to its superblock, without its checksum where that would tell first. */
async function refusal(
  change: (superblock: Buffer) => void,
  name: 'ext4' | 'ext2' = 'ext2',
): Promise<string | undefined> {
  const image = fixture(name)
  change(image.subarray(1024, 2048))
  return (await openVolume(regionOf(memoryDisk(image), 'the disk')))?.unreadable
}

test.each([
  ['an unknown feature', 96, 0x8000_0000, 'Sindri does not read ext4 with the feature 0x80000000'],
  ['compression', 96, 0x1, 'compression'],
  ['blocks of 2 GiB', 24, 21, 'its blocks have 67108864 bytes'],
  [
    'more blocks than the disk',
    4,
    4_000_000_000,
    'it has 4000000000 blocks of 1024 bytes, and the disk has 524288 bytes',
  ],
  ['no inodes in a group', 40, 0, 'its groups have 0 inodes'],
  ['inodes of 3 bytes', 88, 3, 'its inodes have 3 bytes'],
])('%s: cannot be read, and why', async (_, at, value, message) => {
  expect(await refusal((superblock) => superblock.writeUInt32LE(value, at))).toMatch(
    new RegExp(`^cannot be read: .*${message}`),
  )
})

test('checksums are believed', async () => {
  expect(await refusal((superblock) => superblock.writeUInt8(1, 600), 'ext4')).toContain('its checksum is wrong')
  const image = fixture('ext4')
  // The inode of the root: the second of the table that group 0 names.
  const table = image.readUInt32LE(2048 + 8) * 1024
  image[table + 256 + 20] = 7
  await expect((await filesOf(image)).find('/')).rejects.toThrow('the checksum of inode 2 is wrong')
})

test('a journal that was not written back is told', async () => {
  const image = fixture('ext2')
  image.writeUInt32LE(image.readUInt32LE(1024 + 96) | 4, 1024 + 96)
  expect((await filesOf(image)).volume.findings).toEqual([expect.stringContaining('not unmounted cleanly')])
})
