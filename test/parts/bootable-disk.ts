import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { biosBoot, esp, fixture, gptDisk, linux } from '../../src/filesystem/disk-images.fixture.ts'

const mib = 1024 * 1024
const [sizeMib, dataMib] = [64, 20] as const

/**
 * Writes a disk of 64 MiB that is told by itself to boot by UEFI on arm64: a GPT, an EFI system partition with a boot
 * loader, a root file system, and a partition with 20 MiB that no packer makes smaller. The rest is holes.
 */
export async function writeBootableDisk(file: string): Promise<void> {
  const disk = gptDisk((sizeMib * mib) / 512, [
    { type: esp, first: 2048, last: 2048 + 511, bytes: fixture('fat12') },
    { type: linux, first: 4096, last: 4096 + 2047, bytes: fixture('ext4') },
    { type: biosBoot, first: 16_384, last: 16_384 + dataMib * 2048 - 1, bytes: randomBytes(dataMib * mib) },
  ])
  const zeros = Buffer.alloc(mib)
  const target = await open(file, 'w')
  await target.truncate(disk.length)
  for (let at = 0; at < disk.length; at += mib) {
    const piece = disk.subarray(at, at + mib)
    if (!piece.equals(zeros)) await target.write(piece, 0, mib, at)
  }
  await target.close()
}
