import { expect, test } from 'vitest'
import { biosBoot, esp, fixture, gptDisk, linux, mbrSector } from '../disk-images.fixture.ts'
import { memoryDisk } from '../memory-disk.fixture.ts'
import { inspectDisk } from './inspect-disk.ts'

const inspect = (disk: Uint8Array) => inspectDisk(memoryDisk(disk))

/** 1 MiB in front, an EFI system partition, a BIOS boot partition, and a root file system. */
function wholeDisk({ root = fixture('ext4'), boot = fixture('fat12'), core = Buffer.alloc(0), code = 0 } = {}): Buffer {
  const disk = gptDisk(8192, [
    { type: esp, first: 2048, last: 2048 + 511, bytes: boot },
    { type: biosBoot, first: 2560, last: 2687, bytes: core },
    { type: linux, first: 4096, last: 4096 + 2047, bytes: root },
  ])
  disk.fill(code, 0, 440)
  return disk
}

test('tells what a disk is, and where each thing was seen', async () => {
  expect(await inspect(wholeDisk())).toMatchObject({
    scheme: 'gpt',
    architecture: { value: 'arm64', evidence: 'partition 1: /EFI/BOOT/BOOTAA64.EFI' },
    firmware: { value: 'uefi', evidence: 'partition 1: /EFI/BOOT/BOOTAA64.EFI' },
    os: {
      value: { id: 'fixture', versionId: '1.0', prettyName: 'A "small" system' },
      evidence: 'partition 3: /etc/os-release',
    },
    rootFileSystem: { value: 'ext4', evidence: 'partition 3' },
    kernels: {
      value: [{ release: '6.1.0', drivers: { nvme: 'builtin', ena: 'module', virtio_blk: 'module', gve: 'absent' } }],
    },
    parts: [{ type: 'fat12' }, { type: undefined }, { type: 'ext4', label: 'fixture' }],
    findings: [],
  })
})

test('without an EFI system partition the programs tell the architecture', async () => {
  const { architecture, firmware } = await inspect(fixture('ext4'))
  expect(architecture).toEqual({ value: 'arm64', evidence: 'the disk: /bin/sh' })
  expect(firmware).toEqual({
    value: undefined,
    evidence: 'no EFI system partition that can be read, and no boot code for a BIOS',
  })
})

test('boot code with something to start is a BIOS; with a boot loader as well it is both', async () => {
  const code = 0xfa
  const core = Buffer.alloc(512, 0x52)
  const empty = Buffer.alloc(512)
  expect((await inspect(wholeDisk({ code, core }))).firmware).toEqual({
    value: 'both',
    evidence: 'partition 1: /EFI/BOOT/BOOTAA64.EFI; boot code in the MBR and in partition 2, a BIOS boot partition',
  })
  expect((await inspect(wholeDisk({ code, core, boot: empty }))).firmware.value).toBe('bios')
  expect((await inspect(wholeDisk({ code }))).firmware.value).toBe('uefi')
  expect((await inspect(wholeDisk({ core }))).firmware.value).toBe('uefi')
  const old = Buffer.alloc(2048 * 512 + 524_288)
  old.set(mbrSector([{ type: 0x83, first: 2048, count: 1024 }]))
  old.set(fixture('ext2'), 2048 * 512)
  expect((await inspect(old)).firmware.value).toBeUndefined()
  old.fill(code, 0, 440)
  expect(await inspect(old)).toMatchObject({
    scheme: 'mbr',
    firmware: { value: 'bios', evidence: 'boot code in the MBR' },
    rootFileSystem: { value: 'ext2', evidence: 'partition 1' },
  })
})

test.each([
  ['LUKS\xba\xbe', 0, 'luks cannot be read: it is encrypted (LUKS)'],
  ['XFSB', 0, 'xfs cannot be read: Sindri does not read XFS version 0'],
  ['hsqs', 0, 'squashfs cannot be read: Sindri does not read squashfs'],
  ['LVM2 001', 536, 'lvm cannot be read: it is a physical volume of LVM'],
  ['_BHRfS_M', 65_600, 'btrfs cannot be read: Sindri does not read btrfs'],
  ['\xfc\x4e\x2b\xa9', 4096, 'raid cannot be read: it is a member of a RAID array'],
  ['SWAPSPACE2', 4086, 'swap cannot be read: it is swap space'],
])('a root that is %j cannot be told, and the reason is', async (magic, at, reason) => {
  const root = Buffer.alloc(524_288)
  root.write(magic, at, 'latin1')
  const report = await inspect(wholeDisk({ root }))
  expect(report.architecture.value).toBe('arm64')
  expect(report.os.value).toBeUndefined()
  expect(report.os.evidence).toContain('no root file system: partition 3')
  expect(report.findings).toEqual([`partition 3: ${reason}`])
})

test('an empty disk is told as empty', async () => {
  const report = await inspect(Buffer.alloc(1_048_576))
  expect(report).toMatchObject({ scheme: 'none', findings: [], usedBytes: 0 })
  expect(report.os.evidence).toBe('no root file system: the disk holds nothing known')
})
