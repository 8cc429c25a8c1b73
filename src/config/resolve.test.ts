import { expect, test } from 'vitest'
import { SindriError } from '../core/error.ts'
import type { Flags } from './flags.ts'
import { loadConfig } from './load.ts'
import { resolve } from './resolve.ts'

const noVariables = { env: {} }

function errorOf(text: string, flags: Flags, env: Record<string, string> = {}): SindriError {
  try {
    resolve(loadConfig(text, 'sindri.yaml'), flags, { env })
  } catch (error) {
    if (error instanceof SindriError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

test('flags alone are enough: everything else has a default', () => {
  const resolved = resolve({}, { cloud: 'aws' }, noVariables)
  expect(resolved).toMatchObject({
    cloud: 'aws',
    imageName: 'sindri-dev',
    build: { profile: 'base', extensions: [], sindriVersion: 'latest', sshTimeout: '20m', arch: 'x86_64' },
    aws: { region: 'us-west-2', instanceType: 't3.large', volumeSize: 80, encryptBoot: true, amiUsers: [] },
    deploy: { instanceType: 't3.large', sshSourceRanges: [] },
  })
  expect(resolved.azure).toBeUndefined()
  expect(new Set(Object.values(resolved.origins))).toEqual(new Set(['default', 'flag']))
})

test('a flag wins over providers.packer, that over the top level, that over the default', () => {
  const file = `
name: from-name
extensions: { profile: fullstack, additional: [docker] }
providers:
  packer:
    cloud: aws
    build: { profile: minimal }
    aws: { region: eu-west-1, instance_type: t3.small }
`
  const config = loadConfig(file, 'sindri.yaml')
  const resolved = resolve(config, { instanceType: 'm7i.large', sindriVersion: '3.1.0' }, noVariables)
  expect(resolved).toMatchObject({
    imageName: 'from-name',
    build: { profile: 'minimal', extensions: ['docker'], sindriVersion: '3.1.0' },
    aws: { region: 'eu-west-1', instanceType: 'm7i.large' },
    deploy: { instanceType: 'm7i.large' },
  })
  expect(resolved.origins).toMatchObject({
    'providers.packer.image_name': 'name',
    'providers.packer.build.profile': 'providers.packer.build',
    'providers.packer.build.extensions': 'extensions',
    'providers.packer.build.sindri_version': 'flag',
    'providers.packer.build.arch': 'default',
    'providers.packer.aws.region': 'providers.packer.aws',
    'providers.packer.aws.instance_type': 'flag',
    'providers.packer.aws.volume_size': 'default',
  })
  expect(resolve(config, { name: 'x-y', extensions: ['go'], profile: 'base' }, noVariables)).toMatchObject({
    imageName: 'x-y',
    build: { profile: 'base', extensions: ['go'] },
  })
})

test.each([
  ['aws', { region: 'eu-west-1', instanceType: 't3.nano', volumeSize: 9 }],
  ['azure', { location: 'eastus', vmSize: 'Standard_B2s', osDiskSizeGb: 33 }],
  ['gcp', { zone: 'us-east1-b', machineType: 'n2-standard-2', diskSize: 33 }],
  ['oci', { region: 'us-phoenix-1', shape: 'VM.Standard2.1', bootVolumeSizeGb: 55 }],
  ['alibaba', { region: 'us-west-1', instanceType: 'ecs.g7.large', systemDiskSizeGb: 33 }],
] as const)('in %s the region, instance type and disk size flags set what the cloud calls so', (cloud, expected) => {
  const [region, instanceType, diskSizeGiB] = Object.values(expected) as [string, string, number]
  const resolved = resolve({}, { cloud, region, instanceType, diskSizeGiB }, { env: {}, partial: true })
  expect(resolved[cloud]).toMatchObject(expected)
  expect(resolved.deploy.instanceType).toBe(instanceType)
})

test('a mistake in a flag is told in the words of the command line, without a place in the file', () => {
  const error = errorOf(
    'name: a-b',
    { cloud: 'gcp', region: 'us-central1', diskSizeGiB: 2, name: 'A' },
    { GOOGLE_CLOUD_PROJECT: 'project-1' },
  )
  expect(error.complaints).toEqual([
    {
      message: '--region: "us-central1" is not a Google Cloud zone',
      hint: 'a zone is a region and a letter, as in us-west1-a',
    },
    { message: '--disk-size: 2 is too small', hint: 'the least is 10' },
  ])
  expect(errorOf('', { cloud: 'gcp', name: 'A' }, { GOOGLE_CLOUD_PROJECT: 'project-1' }).message).toBe(
    '--name gives the image name "A", which gcp does not allow',
  )
})

test('a rule broken by the merge is told at the place in the file', () => {
  const error = errorOf('name: My Project\nproviders: {packer: {cloud: aws}}', { cloud: 'alibaba' })
  expect(error.message).toBe('name gives the image name "My Project", which alibaba does not allow')
  expect(error.where).toEqual({ file: 'sindri.yaml', line: 1, column: 7 })
})

test('without a cloud it asks for one', () => {
  expect(errorOf('', {})).toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('--cloud aws|azure|gcp|oci|alibaba'),
  })
})

test('only the chosen cloud has to be complete', () => {
  const text = 'providers: {packer: {azure: {location: eastus}, gcp: {disk_size: 33}}}'
  expect(resolve(loadConfig(text, 'f'), { cloud: 'aws' }, noVariables).cloud).toBe('aws')
  const error = errorOf(text, { cloud: 'azure' })
  expect(error.complaints.map(({ message }) => message)).toEqual([
    'providers.packer.azure.subscription_id is required',
    'providers.packer.azure.resource_group is required',
  ])
  expect(error.complaints[0]?.hint).toContain('AZURE_SUBSCRIPTION_ID')
})

test('what comes from the environment is a variable, and its value is nowhere', () => {
  const text = `
providers:
  packer:
    cloud: azure
    azure: { resource_group: images, tenant_id: '\${env:TENANT}' }
    build: { environment: { TOKEN: '\${env:API_TOKEN}', MODE: fast } }
`
  const env = { AZURE_SUBSCRIPTION_ID: 'value-1', TENANT: 'value-2', API_TOKEN: 'value-3' }
  const resolved = resolve(loadConfig(text, 'f'), {}, { env })
  expect(resolved.azure?.subscriptionId).toEqual({ variable: 'subscription_id', environment: 'AZURE_SUBSCRIPTION_ID' })
  expect(resolved.azure?.resourceGroup).toBe('images')
  expect(resolved.build.environment).toEqual({
    TOKEN: { secret: true, variable: 'environment_TOKEN', environment: 'API_TOKEN' },
    MODE: { secret: false, value: 'fast' },
  })
  expect(resolved.secrets.map(({ name }) => name).sort()).toEqual(['API_TOKEN', 'AZURE_SUBSCRIPTION_ID', 'TENANT'])
  expect(JSON.stringify(resolved)).not.toContain('value-')
})

test('a variable that is not set is a mistake at its place, unless nothing is to be built', () => {
  const text = "providers: {packer: {cloud: aws, build: {environment: {T: '${env:NOT_SET}'}}}}"
  const error = errorOf(text, {})
  expect(error.message).toBe('providers.packer.build.environment.T: the environment variable NOT_SET is not set')
  expect(error.where).toMatchObject({ line: 1, column: 59 })
  expect(resolve(loadConfig(text, 'f'), {}, { env: {}, partial: true }).secrets).toHaveLength(1)
})

test('name_prefix is put in front with one dash', () => {
  const text = (prefix: string) => `providers: {packer: {cloud: aws, image_name: web, build: {name_prefix: ${prefix}}}}`
  expect(resolve(loadConfig(text('team'), 'f'), {}, noVariables).imageName).toBe('team-web')
  expect(resolve(loadConfig(text('team-'), 'f'), {}, noVariables).imageName).toBe('team-web')
})

test('a Flex shape has a size, another shape has none', () => {
  const partial = { env: {}, partial: true }
  expect(resolve({}, { cloud: 'oci' }, partial).oci?.shapeConfig).toEqual({ ocpus: 2, memoryInGbs: 16 })
  expect(resolve({}, { cloud: 'oci', instanceType: 'VM.Standard2.1' }, partial).oci?.shapeConfig).toBeUndefined()
})

test('deploy settings fall back to those of the build', () => {
  const text = `providers: {packer: {cloud: aws, image_id: ami-12345678, aws: {subnet_id: subnet-12345678, ssh_source_ranges: [203.0.113.0/24], deploy: {key_name: ops}}}}`
  expect(resolve(loadConfig(text, 'f'), {}, noVariables).deploy).toEqual({
    imageId: 'ami-12345678',
    instanceType: 't3.large',
    subnetId: 'subnet-12345678',
    sshSourceRanges: ['203.0.113.0/24'],
    keyName: 'ops',
  })
})

test('the result cannot be changed', () => {
  const resolved = resolve({}, { cloud: 'aws' }, noVariables)
  expect(Object.isFrozen(resolved.build.security)).toBe(true)
  expect(Object.isFrozen(resolved.aws?.amiUsers)).toBe(true)
})
