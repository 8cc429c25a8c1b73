import { expect, test } from 'vitest'
import { loadConfig } from './load.ts'
import { releaseOf } from './release.ts'

function released(text: string) {
  return releaseOf(loadConfig(text, 'sindri.yaml'), {})
}

test('a release has the project’s name, is private, and goes where it is told', () => {
  const text = 'name: golden\nrelease:\n  version: 1.4.2\n  targets: {aws: {regions: [eu-central-1, us-east-1]}}\n'
  expect(released(text)).toMatchObject({
    project: 'golden',
    version: '1.4.2',
    audience: 'private',
    targets: { aws: { regions: ['eu-central-1', 'us-east-1'], accounts: [], tpm: false } },
  })
})

test('all that is missing is told at once, and a public image is not made by one word', () => {
  const complaints = (text: string): unknown => {
    try {
      return released(text)
    } catch (error) {
      return error
    }
  }
  expect(complaints('version: "1.0"\n')).toMatchObject({
    complaints: [
      { message: 'release.project: is missing' },
      { message: 'release.version: is missing' },
      { message: 'release.targets: names no cloud' },
    ],
  })
  const open = 'name: a\nrelease:\n  version: "1"\n  audience: public\n  targets: {aws: {regions: [eu-west-1]}}\n'
  expect(complaints(open)).toMatchObject({
    code: 'config',
    message: expect.stringContaining('public lets everybody use the images'),
    hint: 'set release.allow_public: true if that is meant',
    where: { line: 4 },
  })
})

test('regions are named once, and where the disk is sent cannot be best effort', () => {
  const text = (aws: string): string => `name: a\nrelease:\n  version: "1"\n  targets:\n    aws: ${aws}\n`
  expect(() => released(text('{regions: [eu-west-1, eu-west-1]}'))).toThrow('names eu-west-1 twice')
  expect(() => released(text('{regions: [eu-west-1], best_effort_regions: [eu-west-1]}'))).toThrow(
    'is where the disk is sent',
  )
  expect(() => released(text('{regions: [eu-west-1], best_effort_regions: [us-east-1]}'))).toThrow(
    'us-east-1 is not one',
  )
  expect(() => released(text('{regions: []}'))).toThrow('is empty')
})

test.each([
  [{ version: '../../../x' }, '--release-version: "../../../x" cannot be'],
  [{ version: '1'.repeat(41) }, 'cannot be a part'],
  [{ version: '' }, '--release-version: "" cannot be'],
  [{ os: 'dëbian' }, '--os: "dëbian" cannot be'],
])('what a flag says becomes a part of names and paths as little as what a config says: %o', (flags, message) => {
  const config = loadConfig('name: a\nrelease: {version: "1", targets: {openstack: {}}}\n', 'sindri.yaml')
  expect(() => releaseOf(config, flags)).toThrow(message)
})

test('a project whose name is no part of a name is told where it stands', () => {
  const text = `name: ${'g'.repeat(60)}\nrelease: {version: "1", targets: {openstack: {}}}\n`
  expect(() => released(text)).toThrow(/^name: "g{60}" cannot be a part of an image’s name$/)
})
