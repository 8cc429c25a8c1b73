import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Complaint, SindriError } from '../core/error.ts'
import { loadConfig } from './load.ts'

/** The example of the user guide. */
const example = `version: "1.0"
name: my-sindri-image

deployment:
  provider: packer

extensions:
  profile: fullstack
  additional:
    - docker
    - kubernetes

providers:
  packer:
    cloud: aws
    image_name: sindri-production
    description: "Production Sindri environment"

    build:
      sindri_version: "3.0.0"
      cache: true
      ssh_timeout: "20m"
      security:
        cis_hardening: true
        openscap_scan: false
        clean_sensitive_data: true
        remove_ssh_keys: true

    aws:
      region: us-west-2
      instance_type: t3.large
      volume_size: 80
      volume_type: gp3
      encrypt_boot: true
      ami_regions:
        - us-east-1
        - eu-west-1
      ami_users:
        - "123456789012"

    tags:
      Environment: production
      Team: platform
`

function complaintsOf(text: string): readonly Complaint[] {
  try {
    loadConfig(text, 'sindri.yaml')
  } catch (error) {
    if (error instanceof SindriError && error.code === 'config') return error.complaints
    throw error
  }
  return []
}

function places(text: string): string[] {
  return complaintsOf(text).map(({ message, where }) => `${where?.line}:${where?.column} ${message}`)
}

function packer(lines: string): string {
  return `providers:\n  packer:\n${lines.replace(/^/gm, '    ')}`
}

test('the example of the guide is refused: it shares an image nobody else could decrypt, and says the way out', () => {
  const complaints = complaintsOf(example)
  expect(complaints.map(({ where }) => [where?.line, where?.column])).toEqual([
    [36, 9],
    [39, 9],
  ])
  expect(complaints[1]?.message).toContain('ami_users shares an image that is encrypted with the account’s default key')
  expect(complaints[1]?.hint).toContain('set aws.kms_key_id to a customer managed key')
  expect(complaints[1]?.hint).toContain('encrypt_boot: false')
})

test('the example is accepted with a key for each region', () => {
  const keys =
    'kms_key_id: alias/images\n      region_kms_key_ids: { us-east-1: alias/images, eu-west-1: alias/images }'
  const config = loadConfig(example.replace('volume_type: gp3', `volume_type: gp3\n      ${keys}`), 'sindri.yaml')
  expect(config.providers?.packer?.aws?.kms_key_id).toBe('alias/images')
})

test('the example is accepted without encryption, and unshared', () => {
  expect(places(example.replace('encrypt_boot: true', 'encrypt_boot: false'))).toEqual([])
  expect(places(example.replace(/ {6}ami_users:\n.*\n/, ''))).toEqual([])
})

test('all mistakes are reported at once, in the order of the file, each at its place', () => {
  const text = packer(`cloud: amazon
tags:
  Build: 12
build:
  cache: yes
  ssh_timeout: soon
aws:
  volume_size: "80"
  instancetype: t3.large
  ami_users: [012345678901]
oci:
  boot_volume_size_gb: 47
alibaba:
  kms_key_id: key-123`)
  expect(places(text)).toEqual([
    '3:12 providers.packer.cloud: "amazon" is not one of the values it can have',
    '5:14 providers.packer.tags.Build: YAML reads 12 as a number',
    '7:14 providers.packer.build.cache: "yes" is text in YAML 1.2',
    '8:20 providers.packer.build.ssh_timeout: "soon" is not a duration',
    '10:20 providers.packer.aws.volume_size: "80" is not a whole number',
    '11:7 providers.packer.aws.instancetype is not a setting',
    '12:19 providers.packer.aws.ami_users[0]: YAML reads 012345678901 as a number',
    '14:28 providers.packer.oci.boot_volume_size_gb: 47 is too small',
    '16:19 providers.packer.alibaba.kms_key_id only matters to an encrypted image',
  ])
})

test.each([
  ['cloud: amazon', 'did you mean aws? the clouds are aws, azure, gcp, oci, alibaba'],
  ['build:\n  cache: off', 'write false, without quotes'],
  ['tags:\n  Build: 0123', 'put it in quotes: "0123"'],
  ['aws:\n  volume_size: "80"', 'remove the quotes: 80'],
  ['aws:\n  instancetype: t3.large', 'did you mean "instance_type"?'],
  ['aws:\n  ami_regions: us-east-1', 'write a list, with a dash before each item'],
  ['aws:\n  region:', 'remove the line or give it a value'],
  ['azure:\n  azure_nsg_name: x', 'Packer cannot attach a security group'],
  ['azure:\n  subscription_id: $AZURE_SUBSCRIPTION_ID', 'write ${env:AZURE_SUBSCRIPTION_ID}'],
  ['alibaba:\n  spot_strategy: x', 'no spot instances'],
  ['alibaba:\n  image_share_accounts: [x]', 'set image_share_account'],
  ['build:\n  environment:\n    TOKEN: x${env:A}', 'make ${env:NAME} the whole value'],
  ['description: "at ${env:A}"', 'build.environment and in the fields that name an account'],
  ['build:\n  file_uploads: [{ source: a, destination: /a/../b }]', 'begin with / and leave out ..'],
])('%j gets a hint that helps', (lines, hint) => {
  const [complaint] = complaintsOf(packer(lines))
  expect(complaint?.hint).toContain(hint)
})

test('a value that may be a secret is not repeated', () => {
  const [complaint] = complaintsOf(packer('build:\n  environment:\n    TOKEN: "hunter2{{x}}"'))
  expect(JSON.stringify(complaint)).toContain('TOKEN')
  expect(JSON.stringify(complaint)).not.toContain('hunter2')
})

test.each(['A-B', '1A', 'A B', 'A;touch pwned;X', 'SINDRI_VERSION'])('the environment name %j is refused', (name) => {
  expect(places(packer(`build:\n  environment:\n    ${JSON.stringify(name)}: x`))).toHaveLength(1)
})

test.each(['a\0b', 'a\u001bb', 'a{{b}}', '\ud800'])('the text %j is refused', (value) => {
  expect(places(packer(`description: ${JSON.stringify(value)}`))).toHaveLength(1)
})

test('quotes, dollars, percent signs and line breaks are allowed in tags and descriptions', () => {
  const value = 'a "b" \'c\' ${d} %{e} \\ \n\t é'
  const config = loadConfig(packer(`description: ${JSON.stringify(value)}\ntags: { k: ${JSON.stringify(value)} }`), 'f')
  expect(config.providers?.packer?.description).toBe(value)
  expect(config.providers?.packer?.tags).toEqual({ k: value })
})

test('version is "1.0", or the number a forgotten quote makes of it', () => {
  expect(places('version: "1.0"')).toEqual([])
  expect(places('version: 1.0')).toEqual([])
  expect(complaintsOf('version: "2.0"')[0]?.hint).toBe('write version: "1.0"')
})

test('sections of other providers are let through, but a misspelt packer is not', () => {
  expect(places('providers:\n  docker:\n    anything: [1, 2]')).toEqual([])
  expect(complaintsOf('providers:\n  pakcer: {}')[0]?.hint).toBe('did you mean "packer"?')
})

test('an empty file is an empty configuration', () => {
  expect(loadConfig('', 'f')).toEqual({})
  expect(loadConfig('# nothing yet\n', 'f')).toEqual({})
})

test.each([
  ['a syntax error', 'name: [a', '1:9'],
  ['a duplicate key', 'name: a\nname: b', '2:1'],
  ['two documents', 'name: a\n---\nname: b', '2:1'],
  ['an unknown tag', 'name: !secret a', '1:7'],
  ['a key that is no text', '{[a]: b}', '1:2'],
  ['a __proto__ key', 'providers: {docker: {__proto__: {polluted: 1}}}', '1:22'],
  ['a list instead of a document', '- a', '1:1'],
])('%s is refused at its place', (_, text, place) => {
  expect(places(text)[0]).toMatch(new RegExp(`^${place} `))
})

test('texts made to exhaust the reader are refused', () => {
  const bomb = Array.from({ length: 9 }, (_, level) =>
    level === 0 ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]' : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]`,
  ).join('\n')
  expect(complaintsOf(bomb)[0]?.message).toContain('aliases')
  expect(complaintsOf('['.repeat(20_000))[0]?.message).toBe('the document is nested too deeply')
  expect(complaintsOf(`a: ${'{a: '.repeat(40)}1${'}'.repeat(40)}`)[0]?.message).toBe(
    'the document is nested too deeply',
  )
  expect(complaintsOf(`name: ${'x'.repeat(1024 * 1024)}`)[0]?.message).toBe('the file is larger than 1 MiB')
  const manyKeys = Array.from({ length: 50_000 }, (_, key) => `k${key}: v`).join('\n')
  expect(complaintsOf(manyKeys)).toHaveLength(50_000)
})

test('whatever the text, it is a configuration or a list of complaints, and no prototype is touched', () => {
  const token = fc.constantFrom(
    ...[
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ',',
      '&x ',
      '*x',
      '!t ',
      '? ',
      '|',
      '>',
      '#',
      '%',
      '---',
    ],
    ...['__proto__', 'constructor', 'toString', 'providers', 'packer', 'aws', 'tags', 'extra', 'build', 'environment'],
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(token, { maxLength: 40 }).map((parts) => parts.join('')),
      ),
      (text) => {
        for (const { message, where } of complaintsOf(text)) {
          expect(message).not.toBe('')
          expect(where?.line).toBeGreaterThan(0)
        }
        expect(Object.keys(Object.prototype)).toEqual([])
      },
    ),
    { numRuns: 1000 },
  )
})

test('whatever stands at a known place, it is a configuration or a list of complaints', () => {
  const key = fc.constantFrom(
    'aws',
    'azure',
    'gcp',
    'oci',
    'alibaba',
    'build',
    'tags',
    'extra',
    'deploy',
    'constructor',
  )
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('node')),
      fc.dictionary(fc.oneof(key, fc.string()), tie('node')),
    ),
  })).node
  fc.assert(
    fc.property(tree, (value) => {
      complaintsOf(JSON.stringify({ providers: { packer: value } }))
    }),
    { numRuns: 500 },
  )
})
