import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { forVersion } from '../../packer/dialect.ts'
import { render } from '../../packer/hcl.ts'
import { strangersIn } from '../../packer/strangers.fixture.ts'
import { sharedTemplate, type TemplateInput } from '../../packer/template.ts'
import { provisionPhases } from '../../release/provision.ts'
import type { ReleaseMarks } from '../cloud.ts'
import { matrix, rich } from './matrix.fixture.ts'
import { alibabaSource } from './template.ts'

const marks: ReleaseMarks = {
  name: 'golden-1700000000',
  fingerprint: 'feedc0dedeadbeef',
  token: '0123456789abcdef'.repeat(4),
}

function input(packer: object, marks?: ReleaseMarks): TemplateInput {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'alibaba', ...packer } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} })
  const files = { scripts: 'provision', extensions: 'extensions', archive: undefined, located: (path: string) => path }
  return {
    ...alibabaSource(resolved, marks),
    variables: { imageName: resolved.imageName, sindriVersion: '3.1.0', profile: 'base', extensions: ['docker'] },
    provision: provisionPhases(resolved, files, 'https://example.com/download'),
    manifest: 'manifest.json',
    custom: { release: marks?.name ?? '', base: resolved.build.base },
  }
}

/** The whole template of a config, as Packer reads it. */
function template(packer: object, marks?: ReleaseMarks): string {
  return render(sharedTemplate(input(packer, marks)))
}

/** Values of the attributes of this name, at any depth, as written; a list is in one line. */
function values(text: string, name: string): readonly string[] {
  const lines = text.replaceAll(/\[\n[^\]]*\]/g, (list) => list.replaceAll(/\s*\n\s*/g, '').replace(',]', ']'))
  return [...lines.matchAll(new RegExp(`^ *"?${name}"? *= *(.*)$`, 'gm'))].map(([, value]) => value ?? '')
}

test.each([
  ['template.golden.pkr.hcl', 'by Sindri', marks],
  ['template.init.golden.pkr.hcl', 'by plain Packer', undefined],
])('%s is the template of a rich config that is built %s', (name, _by, marks) => {
  const file = join(import.meta.dirname, name)
  const text = template(rich, marks)
  if (process.env.UPDATE_GOLDENS) writeFileSync(file, text)
  expect(text, 'when the change is meant: UPDATE_GOLDENS=1 npm test').toBe(readFileSync(file, 'utf8'))
})

test.each(Object.entries(matrix))('alicloud-ecs knows everything that is written for %s', (_what, packer) => {
  expect(strangersIn(input(packer, marks).source)).toEqual([])
})

test('every setting of the section is in the template', () => {
  const text = template(rich)
  const { extra: _, region, instance_type, system_disk_size_gb, system_disk_category, ...direct } = rich.alibaba
  for (const [name, value] of Object.entries(direct))
    expect([name, values(text, name)]).toEqual([name, [written(value)]])
  expect(values(text, 'alibaba_region')).toEqual([`coalesce(var.region, "${region}")`])
  expect(values(text, 'alibaba_instance_type')).toEqual([`coalesce(var.instance_type, "${instance_type}")`])
  expect(values(text, 'alibaba_volume_size')).toEqual([`coalesce(var.volume_size, ${system_disk_size_gb})`])
  expect(values(text, 'disk_category')).toEqual([`"${system_disk_category}"`])
  expect(values(text, 'kms_key_copy_ids')).toEqual(['["key-eu0123456789abcdef","key-us0123456789abcdef"]'])
  expect([values(text, 'boot_mode'), values(text, 'ssh_timeout')]).toEqual([['"UEFI"'], ['"30m"']])
})

function written(value: unknown): string {
  return JSON.stringify(value)
}

test('credentials are named, never written, and secret where they are', () => {
  const { ownVariables = [] } = input({})
  const secret = ownVariables.filter(({ attributes }) => attributes.sensitive === true).map(({ labels }) => labels[0])
  expect(secret).toEqual(['alibaba_access_key', 'alibaba_secret_key', 'alibaba_security_token'])
  const text = template({})
  for (const name of ['access_key', 'secret_key', 'security_token', 'profile', 'ram_role_name'])
    expect(values(text, name)).toEqual([`var.alibaba_${name}`])
  expect(text).toContain('env("ALIBABA_CLOUD_ACCESS_KEY_ID") != "" ?')
})

test.each([
  [{}, 'image_family', 'acs:ubuntu_24_04_x64'],
  [{ build: { base: 'debian-12' } }, 'image_family', 'acs:debian_12_11_x64'],
  [{ build: { base: 'acs:anolis_8_10_anck_x64' } }, 'image_family', 'acs:anolis_8_10_anck_x64'],
  [{ build: { base: 'm-bp1abc123' } }, 'source_image', 'm-bp1abc123'],
  [{ build: { arch: 'arm64' }, alibaba: { instance_type: 'ecs.c6r.large' } }, 'image_family', 'acs:ubuntu_24_04_arm64'],
])('%j starts from the %s %s alone', (packer, name, value) => {
  const text = template(packer)
  const other = name === 'image_family' ? 'source_image' : 'image_family'
  expect([values(text, name), values(text, other)]).toEqual([[`"${value}"`], []])
})

const yitian = { instance_type: 'ecs.g8y.xlarge' }
test.each([
  [{ build: { base: 'ubuntu-22.04', arch: 'arm64' }, alibaba: yitian }, 'no family of ubuntu-22.04 images for arm64'],
  [{ build: { arch: 'arm64' } }, 'the processor of ecs.g6.xlarge is x86_64'],
  [{ alibaba: yitian }, 'the processor of ecs.g8y.xlarge is arm64'],
  [{ alibaba: { extra: { kms_key_copy_ids: ['key-1'] } } }, '1 keys for 0 regions'],
])('%j is refused', (packer, message) => {
  expect(() => input(packer)).toThrow(expect.objectContaining({ code: 'config', hint: expect.any(String) }))
  expect(() => input(packer)).toThrow(message)
})

test('a copy is named where the config does it, and where its place in the list matters', () => {
  const regions = ['cn-beijing', 'ap-southeast-1']
  const source = (alibaba: object) => {
    const { attributes } = input({ alibaba: { image_copy_regions: regions, ...alibaba } }).source
    return [attributes.image_copy_regions, attributes.image_copy_names, attributes.kms_key_copy_ids]
  }
  expect(source({})).toEqual([regions, undefined, undefined])
  expect(source({ image_copy_names: ['aa', 'bb'] })).toEqual([regions, ['aa', 'bb'], undefined])
  const own = source({ image_encrypted: true })[1]
  expect(own).toEqual([input({}).source.attributes.image_name, input({}).source.attributes.image_name])
  expect(source({ image_encrypted: true })).toEqual([regions, own, undefined])
  const encrypted = { image_encrypted: true, kms_key_id: 'key-1' }
  expect(source(encrypted)).toEqual([regions, own, ['', '']])
  expect(source({ ...encrypted, extra: { kms_key_copy_ids: ['key-2', ''] } })[2]).toEqual(['key-2', ''])
  expect(input({}).source.attributes.image_copy_names).toBeUndefined()
})

test('copies, readers and the family are Sindri’s where Sindri builds', () => {
  const { attributes } = input(rich, marks).source
  for (const name of [
    'image_copy_regions',
    'image_copy_names',
    'kms_key_copy_ids',
    'image_share_account',
    'target_image_family',
  ])
    expect([name, attributes[name]]).toEqual([name, undefined])
  expect(attributes).toMatchObject({ image_encrypted: true, kms_key_id: 'key-sgp0123456789abcdef' })
})

test('a family that was resolved is an image', () => {
  const { attributes } = input({}, { ...marks, sourceImage: 'ubuntu_1.vhd' }).source
  expect([attributes.image_family, attributes.source_image]).toEqual([undefined, 'ubuntu_1.vhd'])
})

test('without a public address the builder comes by the private one', () => {
  const text = template({ alibaba: { associate_public_ip_address: false } })
  expect([values(text, 'ssh_private_ip'), values(text, 'internet_charge_type')]).toEqual([['true'], []])
  expect(values(template({}), 'ssh_private_ip')).toEqual(['false'])
})

test('root needs no sudo, which an image may lack; another user does', () => {
  expect(template({})).not.toContain('sudo')
  expect(values(template({}), 'execute_command')[0]).toBe('"chmod +x {{ .Path }}; env {{ .Vars }} {{ .Path }}"')
  const other = template({ alibaba: { extra: { ssh_username: 'ecs-user' } } })
  expect(values(other, 'ssh_username')).toEqual(['"ecs-user"'])
  expect(new Set(values(other, 'execute_command'))).toEqual(
    new Set(['"chmod +x {{ .Path }}; sudo -n env {{ .Vars }} {{ .Path }}"']),
  )
})

test('the marks of a release are on the image and on what the run makes', () => {
  const text = template({}, marks)
  expect(values(text, 'image_name')).toContain('"golden-1700000000"')
  expect(values(text, 'sindri:fingerprint')).toEqual(['"feedc0dedeadbeef"'])
  expect(values(text, 'sindri:run')).toEqual([`"${marks.token}"`])
  for (const name of ['temporary_key_pair_name', 'instance_name', 'vpc_name', 'vswitch_name', 'security_group_name'])
    expect([name, values(text, name)]).toEqual([name, ['"sindri-run-0123456789abcdef01234567"']])
  expect(values(template(rich, marks), 'vpc_name')).toEqual([])
  expect(template({})).not.toContain('sindri:run')
})

test('what Packer 1.6.6 cannot do without changing the image is named', () => {
  const lost = (packer: object): readonly string[] => {
    const { required = {}, ...rest } = input(packer)
    const { dropped } = forVersion(sharedTemplate(rest), '1.6.6')
    return dropped.map(({ name }) => name).filter((name) => Object.hasOwn(required, name))
  }
  const all = ['target_image_family', 'resource_group_id', 'image_family', 'ecs_ram_role_name', 'kms_key_id']
  expect(lost(rich)).toEqual([...all, 'kms_key_copy_ids'])
  expect(lost(matrix['encrypted copies in other regions'] ?? {})).toEqual([])
})

test('values of the config stay text, whatever is in them', () => {
  const hostile = `"\${file("/etc/passwd")} %{ for x in y } \\"`
  const text = template({ description: hostile, tags: { Team: hostile } })
  const literal = '"\\"$${file(\\"/etc/passwd\\")} %%{ for x in y } \\\\\\""'
  expect(values(text, 'image_description')).toEqual([literal])
  expect(values(text, 'Team')).toEqual([literal, literal])
})
