import { expect, test } from 'vitest'
import type { Publication } from '../../release/publication.ts'
import { checkDefinition, definitionOf, differences } from './disk-definition.ts'
import { azureSettings, publication } from './publication.fixture.ts'

function wanted(disk: Partial<Publication['disk']>, azure: object = {}) {
  return definitionOf(azureSettings(azure), { ...publication, disk: { ...publication.disk, ...disk } })
}

test('how a disk boots decides the generation; both ways are the second', () => {
  const generations = (['bios', 'uefi', 'both'] as const).map((firmware) => wanted({ firmware }).generation)
  expect(generations).toEqual(['V1', 'V2', 'V2'])
  expect(wanted({ architecture: 'arm64' })).toMatchObject({ architecture: 'Arm64', sku: 'arm64-gen2' })
})

test('a definition that says the same in other words is the same', () => {
  const settings = { trusted_launch: true, nvme: true }
  const { features, ...own } = wanted({}, settings)
  const found = { ...own, publisher: 'GOLDEN', features: { ...features, DiskControllerTypes: 'NVMe, SCSI' } }
  expect(differences(found, wanted({}, settings))).toEqual([])
  expect(
    differences({ ...wanted({}), features: { DiskControllerTypes: 'SCSI', SecurityType: 'None' } }, wanted({})),
  ).toEqual([])
})

test('a definition that differs is refused, and everything it differs in is named', () => {
  const found = { ...wanted({ firmware: 'bios' }), features: { SecurityType: 'TrustedLaunch' } }
  expect(() => checkDefinition('golden-debian12', found, wanted({}))).toThrow(
    'the image definition golden-debian12 is another: sku is x64-gen1, and should be x64-gen2; generation is v1, and should be v2; SecurityType is trustedlaunch, and should be not set',
  )
})
