import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { render } from '../../packer/hcl.ts'
import { sharedTemplate } from '../../packer/template.ts'
import { provisionPhases } from '../../release/provision.ts'
import type { ReleaseMarks } from '../cloud.ts'
import { awsSource } from './template.ts'

const marks: ReleaseMarks = {
  name: 'golden-1700000000',
  fingerprint: 'feedc0dedeadbeef',
  token: '0123456789abcdef'.repeat(4),
}

const rich = {
  region: 'us-west-2',
  instance_type: 'm7i.large',
  volume_size: 30,
  volume_type: 'gp3',
  encrypt_boot: true,
  kms_key_id: 'alias/images',
  ami_regions: ['eu-west-1', 'us-east-2'],
  region_kms_key_ids: { 'eu-west-1': 'alias/images', 'us-east-2': 'alias/images' },
  ami_users: ['111122223333'],
  ami_org_arns: ['arn:aws:organizations::111122223333:organization/o-a1b2c3d4e5'],
  deprecate_after_days: 90,
  subnet_id: 'subnet-0a1b2c3d4e5f60718',
  iam_instance_profile: 'image-builder',
  http_tokens: 'required',
}

const sharing = [
  'ami_regions',
  'region_kms_key_ids',
  'ami_users',
  'ami_groups',
  'ami_org_arns',
  'ami_ou_arns',
  'deprecate_at',
]

interface Written {
  readonly aws?: Readonly<Record<string, unknown>>
  readonly packer?: Readonly<Record<string, unknown>>
  readonly marks?: ReleaseMarks | undefined
}

/** The whole template of a config, as Packer reads it. */
function template({ aws = { region: 'us-west-2' }, packer = {}, marks }: Written): string {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'aws', ...packer, aws } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} })
  const files = { scripts: 'provision', extensions: 'extensions', archive: undefined, located: (path: string) => path }
  const input = {
    ...awsSource(resolved, marks),
    variables: { imageName: resolved.imageName, sindriVersion: '3.1.0', profile: 'base', extensions: ['docker'] },
    provision: provisionPhases(resolved, files, 'https://example.com/download'),
    manifest: 'manifest.json',
    custom: { release: marks?.name ?? '', base: resolved.build.base },
  }
  return render(sharedTemplate(input))
}

/** Values of the attributes of this name, at any depth, as written; a list is in one line. */
function values(text: string, name: string): readonly string[] {
  const lines = text.replaceAll(/\[\n[^\]]*\]/g, (list) => list.replaceAll(/\s*\n\s*/g, '').replace(',]', ']'))
  return [...lines.matchAll(new RegExp(`^ *"?${name}"? *= *(.*)$`, 'gm'))].map(([, value]) => value ?? '')
}

const richPacker = {
  description: 'Golden image of the organization',
  tags: { Team: 'platform' },
  build: { base: 'debian-12', security: { cis_hardening: true }, scripts: ['setup.sh'] },
}

test.each([
  ['template.golden.pkr.hcl', 'by Sindri', marks],
  ['template.init.golden.pkr.hcl', 'by plain Packer', undefined],
])('%s is the template of a rich config that is built %s', (name, _by, marks) => {
  const file = join(import.meta.dirname, name)
  const text = template({ aws: rich, packer: richPacker, marks })
  if (process.env.UPDATE_GOLDENS) writeFileSync(file, text)
  expect(text, 'when the change is meant: UPDATE_GOLDENS=1 npm test').toBe(readFileSync(file, 'utf8'))
})

test('plain Packer copies and shares by itself; with the marks of a release that is left to Sindri', () => {
  const config = { aws: { ...rich, ami_groups: [], ami_ou_arns: [] }, packer: richPacker }
  const written = (text: string): readonly string[] => sharing.filter((name) => values(text, name).length > 0)
  const asked = sharing.filter((name) => name !== 'ami_groups' && name !== 'ami_ou_arns')
  expect(written(template(config))).toEqual(asked)
  expect(written(template({ ...config, marks }))).toEqual([])
})

test('the marks of a release are on the image, its snapshot and what the run makes', () => {
  const text = template({ marks })
  expect(values(text, 'ami_name')).toEqual(['"golden-1700000000"'])
  expect(values(text, 'sindri:fingerprint')).toEqual(['"feedc0dedeadbeef"', '"feedc0dedeadbeef"'])
  expect(values(text, 'sindri:run')).toEqual([`"${marks.token}"`, `"${marks.token}"`])
  expect(values(text, 'temporary_key_pair_name')).toEqual(['"sindri-run-0123456789abcdef01234567"'])
  expect(template({})).not.toContain('sindri:run')
})

test('SSH to the builder is open to the ranges of the config, else to a known address, else to the one Packer finds', () => {
  const doors = (written: Written): readonly (readonly string[])[] => {
    const text = template(written)
    return ['cidrs', 'public_ip'].map((end) => values(text, `temporary_security_group_source_${end}`))
  }
  const known = { ...marks, callerRange: '203.0.113.9/32' }
  const region = 'us-west-2'
  expect(doors({ marks })).toEqual([[], ['true']])
  expect(doors({ marks: known })).toEqual([['["203.0.113.9/32"]'], []])
  expect(doors({ marks: known, aws: { region, ssh_source_ranges: ['10.0.0.0/8'] } })).toEqual([['["10.0.0.0/8"]'], []])
  expect(doors({ marks: known, aws: { region, security_group_ids: ['sg-0a1b2c3d4e5f60718'] } })).toEqual([[], []])
})

test('the metadata service asks for a token, of the builder and of the image, unless the config lets it be', () => {
  const imds = (http_tokens: string): readonly (readonly string[])[] => {
    const text = template({ aws: { region: 'us-west-2', http_tokens } })
    return [values(text, 'http_tokens'), values(text, 'imds_support')]
  }
  expect(imds('required')).toEqual([['"required"'], ['"v2.0"']])
  expect(imds('optional')).toEqual([['"optional"'], []])
})

test('a base has its filter and its user; an image id is taken as it is', () => {
  const base = template({ packer: { build: { base: 'debian-12' } } })
  expect(values(base, 'ssh_username')).toEqual(['"admin"'])
  expect(values(base, 'owners')).toEqual(['["136693071363"]'])
  const own = template({ packer: { build: { base: 'ami-0123456789abcdef0' } } })
  expect(values(own, 'source_ami')).toEqual(['"ami-0123456789abcdef0"'])
  expect(own).not.toContain('source_ami_filter')
})

test('values of the config stay text, whatever is in them', () => {
  const hostile = `"\${file("/etc/passwd")} %{ for x in y } \\"`
  const text = template({ packer: { description: hostile, tags: { Team: hostile } } })
  const written = '"\\"$${file(\\"/etc/passwd\\")} %%{ for x in y } \\\\\\""'
  expect(values(text, 'ami_description')).toEqual([written])
  expect(values(text, 'Team')).toHaveLength(4)
  expect(new Set(values(text, 'Team'))).toEqual(new Set([written]))
})
