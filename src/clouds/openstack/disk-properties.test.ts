import { expect, test } from 'vitest'
import { minDiskOf, propertiesOf } from './disk-properties.ts'

const disk = { digest: '', sizeBytes: 1, architecture: 'x86_64', firmware: 'uefi' } as const
const kvm = { hypervisor: 'kvm', properties: {} } as const

test('machines are told what the disk is', () => {
  expect(propertiesOf(kvm, { disk, os: 'debian12' })).toEqual({
    architecture: 'x86_64',
    hw_firmware_type: 'uefi',
    os_type: 'linux',
    os_distro: 'debian',
    os_version: '12',
  })
  expect(propertiesOf(kvm, { disk: { ...disk, architecture: 'arm64' }, os: 'x' }).architecture).toBe('aarch64')
})

test('a disk that boots both ways leaves the choice to the cloud', () => {
  expect(propertiesOf(kvm, { disk: { ...disk, firmware: 'both' }, os: 'debian12' })).not.toHaveProperty(
    'hw_firmware_type',
  )
})

test.each([
  ['ubuntu2204', 'ubuntu', '22.04'],
  ['rocky9', 'rocky', '9'],
  ['rhel9.4', 'rhel', '9.4'],
  ['arch', 'arch', undefined],
  ['my-own', undefined, undefined],
])('%s is %s %s', (os, os_distro, os_version) => {
  const properties = propertiesOf(kvm, { disk, os })
  expect([properties.os_distro, properties.os_version]).toEqual([os_distro, os_version])
})

test('what the settings say wins, and vmware gets its own', () => {
  const properties = { vmware_adaptertype: 'paraVirtual', os_version: '12.9' }
  expect(propertiesOf({ hypervisor: 'vmware', properties }, { disk, os: 'debian12' })).toMatchObject({
    ...properties,
    vmware_disktype: 'streamOptimized',
  })
})

test('a machine’s disk is at least as large as the image’s, in whole GiB, unless the settings say another size', () => {
  expect([1, 1024 ** 3, 1024 ** 3 + 1].map((bytes) => minDiskOf({}, bytes))).toEqual([1, 1, 2])
  expect(minDiskOf({ minDisk: 40 }, 1)).toBe(40)
})
