import { expect, test } from 'vitest'
import type { CloudName } from './cloud-name.ts'
import { extraMistakes } from './extra.ts'

function told(cloud: CloudName, extra: Record<string, unknown>): string[] {
  return extraMistakes(cloud, extra).map(({ message, hint }) => `${message.replace(/^.*?extra\./, '')} (${hint})`)
}

test('attributes and blocks of the builder are accepted with values of their type', () => {
  expect(
    told('aws', {
      custom_endpoint_ec2: 'http://127.0.0.1:4566',
      ssh_host: '127.0.0.1',
      ssh_port: 2222,
      skip_region_validation: true,
      ssh_ciphers: ['aes128-ctr'],
      fleet_tags: { a: 'b' },
      aws_polling: { delay_seconds: 5 },
      ami_block_device_mappings: [{ device_name: '/dev/sdb', volume_size: 5 }],
    }),
  ).toEqual([])
})

test('an attribute the builder does not have is refused with the one that may have been meant', () => {
  expect(told('aws', { ssh_prt: 1 })).toEqual([
    'ssh_prt: Packer’s amazon-ebs builder has no ssh_prt here (did you mean "ssh_port"?)',
  ])
  expect(told('aws', { aws_polling: { delay_second: 5 } })[0]).toContain('did you mean "delay_seconds"?')
  expect(told('gcp', { constructor: 1 })[0]).toContain('has no constructor here')
})

test('a value of the wrong type is refused', () => {
  expect(told('aws', { ssh_port: '22' })).toEqual(['ssh_port: Packer wants a number (write a number)'])
  expect(told('aws', { ssh_ciphers: ['a', 1] })).toEqual(['ssh_ciphers[1]: Packer wants a string (put it in quotes)'])
  expect(told('aws', { aws_polling: [{}] })).toEqual(['aws_polling: this is a block (write a section)'])
  expect(told('aws', { ssh_host: '{{x}}' })[0]).toContain('would evaluate as a template')
})

test('what Sindri sets itself is refused with the setting to use', () => {
  expect(told('aws', { region: 'us-east-1' })[0]).toContain('set providers.packer.aws.region instead')
  expect(told('aws', { ami_name: 'x' })[0]).toContain('set providers.packer.image_name instead')
  expect(told('aws', { metadata_options: {} })[0]).toContain('set providers.packer.aws.http_tokens instead')
  expect(told('azure', { shared_image_gallery_destination: {} })[0]).toContain(
    'set providers.packer.azure.gallery instead',
  )
  expect(told('aws', { communicator: 'none' })).toEqual([
    'communicator: Sindri sets communicator itself (Sindri provisions over SSH)',
  ])
})

test.each([
  ['aws', 'secret_key'],
  ['aws', 'ssh_password'],
  ['azure', 'client_secret'],
  ['gcp', 'access_token'],
  ['oci', 'pass_phrase'],
  ['alibaba', 'security_token'],
] as const)('in %s the credential %s is refused without repeating it', (cloud, name) => {
  const mistakes = told(cloud, { [name]: 'hunter2' })
  expect(mistakes[0]).toContain('is a credential')
  expect(mistakes[0]).not.toContain('hunter2')
})
