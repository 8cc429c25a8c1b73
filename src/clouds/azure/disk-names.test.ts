import { expect, test } from 'vitest'
import type { Publication } from '../../release/publication.ts'
import { diskNames, galleryVersion } from './disk-names.ts'
import { azureSettings, publication } from './publication.fixture.ts'

function namesOf(own: Partial<Publication>, azure: object = {}) {
  return diskNames({ subscription: 's', group: 'g', settings: azureSettings(azure) }, { ...publication, ...own })
}

test.each([
  ['1.4.2', '1.4.2'],
  ['v1.4.2', '1.4.2'],
  ['12.5', '12.5.0'],
  ['20261121', '20261121.0.0'],
  ['2026.01.05', '2026.1.5'],
])('the version %s is %s in a gallery', (version, number) => {
  expect(galleryVersion(version)).toBe(number)
})

test.each(['1.2.3.4', '1.2.3-rc1', '202611210930.0.0', 'bookworm', '1..2'])('the version %s is none', (version) => {
  expect(() => galleryVersion(version)).toThrow(`${version} cannot be written as such`)
})

test('names that Azure allows are kept; others are changed, and never to the same', () => {
  expect(namesOf({}).definition).toMatch(/\/galleries\/golden\/images\/golden-debian12$/)
  const galleries = ['my-project', 'my_project', 'my.project', '-'].map((project) => namesOf({ project }).gallery)
  expect(new Set(galleries).size).toBe(4)
  for (const id of galleries) expect(id).not.toMatch(/galleries\/.*-/)
  const long = ['a', 'b'].map(
    (end) => namesOf({ project: 'p'.repeat(40), os: `${'o'.repeat(39)}${end}` }).definitionName,
  )
  expect(new Set(long).size).toBe(2)
  for (const name of long) expect(name.length).toBeLessThanOrEqual(80)
})

test('the storage account has a name Azure allows, which is another in another place', () => {
  const { accountName } = namesOf({})
  expect(accountName).toMatch(/^sindri[0-9a-f]{18}$/)
  expect(namesOf({ project: 'other' }).accountName).toBe(accountName)
  expect(namesOf({}, { regions: ['uksouth'] }).accountName).not.toBe(accountName)
  expect(namesOf({}, { storage_account: 'mine' }).accountName).toBe('mine')
})
