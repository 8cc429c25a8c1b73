import { expect, test } from 'vitest'
import { extensionInfoText, extensionsText, installText, profilesText, validationText } from './extension-text.ts'

test('the list says what is installed', () => {
  const listed = [
    { name: 'docker', version: '1.1.0', description: 'Docker Engine', installed: '1.0.0' },
    { name: 'go', version: '1.0.0', description: 'Go', installed: null },
  ]
  expect(extensionsText(listed)).toBe(
    [
      'NAME    VERSION  INSTALLED  DESCRIPTION',
      'docker  1.1.0    1.0.0      Docker Engine',
      'go      1.0.0    -          Go',
    ].join('\n'),
  )
  expect(profilesText([{ name: 'minimal', description: 'Nothing', extensions: [] }])).toContain(
    'minimal  Nothing      -',
  )
})

test('an extension is told with its sources and their checksums', () => {
  const sources = [
    { method: 'apt', what: 'unzip', from: 'the distribution' },
    { method: 'download', what: 'a.zip 1.2.3', from: 'https://example.com/a.zip', sha256: 'e3b0' },
  ] as const
  const where = { distributions: ['debian-12'], architectures: ['x86_64'], dependencies: ['git'] }
  const info = { name: 'a', version: '1.0.0', title: 'A', description: 'An A.', validate: 'a\nb', installed: null }
  expect(extensionInfoText({ ...info, ...where, sources, provenance: 'the vendor' }).split('\n')).toEqual([
    'A (a 1.0.0)',
    'An A.',
    'Installed: no',
    'Dependencies: git',
    'Distributions: debian-12',
    'Architectures: x86_64',
    'Installs:',
    '  apt: unzip, from the distribution',
    '  download: a.zip 1.2.3, from https://example.com/a.zip',
    '    sha256 e3b0',
    'Pinned: the vendor',
    'Validated by:',
    '  a',
    '  b',
  ])
})

test('a validation names what fails, with what it printed', () => {
  const git = { name: 'git', version: '1.1.0', works: true, output: 'git version 2' }
  const docker = { name: 'docker', version: '1.1.0', works: false, output: 'docker: not found' }
  expect(validationText([git, docker])).toBe(
    'NAME    VERSION  RESULT\ngit     1.1.0    works\ndocker  1.1.0    FAILS\n\ndocker:\n  docker: not found\n\nFailing: docker',
  )
  expect(validationText([git])).not.toContain('Failing')
  expect(validationText([])).toBe('No extension is installed')
  expect(installText([])).toBe('Nothing to install')
})
