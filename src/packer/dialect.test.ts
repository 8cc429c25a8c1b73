import { expect, test } from 'vitest'
import { forVersion, refuseLoss } from './dialect.ts'
import { block } from './hcl.ts'
import { pluginBlock } from './plugins.ts'

const table = {
  cloud: { unknownIn166: { attributes: ['imds_support', 'fleet_tags'], blocks: ['metadata_options'] } },
  'provisioner-shell': { unknownIn166: { attributes: ['env'], blocks: [] } },
}
const nested = block('filter', [], { fleet_tags: 1, name: 'x' })
const source = block('source', ['cloud', 'x'], { region: 'r', imds_support: 'v2.0', fleet_tags: undefined }, [
  block('metadata_options', [], { http_tokens: 'required' }),
  nested,
])
const build = block('build', [], { env: 1 }, [block('provisioner', ['shell'], { env: {}, script: 'x' })])

test('1.6.6 gets only what its builders know, and what went is told', () => {
  const { blocks, dropped } = forVersion([pluginBlock('amazon'), source, build], '1.6.6', table)
  expect(blocks).toEqual([
    block('source', ['cloud', 'x'], { region: 'r' }, [block('filter', [], { name: 'x' })]),
    block('build', [], { env: 1 }, [block('provisioner', ['shell'], { script: 'x' })]),
  ])
  expect(dropped).toEqual([
    { component: 'cloud', name: 'imds_support', security: true },
    { component: 'cloud', name: 'metadata_options', security: true },
    { component: 'cloud', name: 'fleet_tags', security: false },
    { component: 'provisioner-shell', name: 'env', security: false },
  ])
})

test('a required version stays when the required plugins beside it go', () => {
  const both = block('packer', [], { required_version: '>= 1.6.6' }, pluginBlock('amazon').blocks)
  expect(forVersion([both], '1.6.6', table).blocks).toEqual([block('packer', [], { required_version: '>= 1.6.6' })])
})

test('a template that needs what 1.6.6 does not know is refused, with every way out', () => {
  const { dropped } = forVersion([source], '1.6.6', table)
  expect(() => refuseLoss(dropped, '1.6.6', { region: 'x' })).not.toThrow()
  expect(() => refuseLoss(dropped, '1.6.6')).not.toThrow()
  expect(() => refuseLoss(dropped, '1.6.6', { imds_support: 'choose another base' })).toThrow(
    expect.objectContaining({
      code: 'prerequisite',
      message: expect.stringContaining('Packer 1.6.6 does not know cloud.imds_support'),
      hint: 'install Packer 1.9 or newer, or choose another base',
    }),
  )
  const both = { imds_support: 'choose another base', metadata_options: 'write none' }
  expect(() => refuseLoss(dropped, '1.6.6', both)).toThrow(
    expect.objectContaining({
      complaints: [expect.anything(), expect.objectContaining({ hint: expect.stringMatching(/write none$/) })],
    }),
  )
})

test('a Packer with plugins gets everything', () => {
  const blocks = [pluginBlock('amazon'), source]
  expect(forVersion(blocks, '1.15.1', table)).toEqual({ blocks, dropped: [] })
})

test('the table of the real builders knows what protects instance metadata', () => {
  const real = block('source', ['amazon-ebs', 'x'], { imds_support: 'v2.0' }, [block('metadata_options', [], {})])
  expect(forVersion([real], '1.6.6').dropped.map(({ name }) => name)).toEqual(['imds_support', 'metadata_options'])
})

test('a version without a supported dialect is refused', () => {
  expect(() => forVersion([source], '1.8.7', table)).toThrow('Packer 1.8.7 is not supported')
})
