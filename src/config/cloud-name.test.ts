import { expect, test } from 'vitest'
import { cloudOf } from './cloud-name.ts'

test.each([
  ['aws', 'aws'],
  ['Amazon', 'aws'],
  ['microsoft', 'azure'],
  ['google', 'gcp'],
  ['oracle', 'oci'],
  ['alicloud', 'alibaba'],
])('%s means %s', (word, cloud) => {
  expect(cloudOf(word)).toBe(cloud)
})

test('another word is refused, with the cloud that may have been meant', () => {
  expect(() => cloudOf('azzure')).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: 'unknown cloud "azzure"',
      hint: expect.stringContaining('did you mean azure?'),
    }),
  )
  expect(() => cloudOf('mars')).toThrow(
    expect.objectContaining({ hint: 'the clouds are aws, azure, gcp, oci, alibaba' }),
  )
})
