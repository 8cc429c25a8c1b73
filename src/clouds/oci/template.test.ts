import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import type { Resolved } from '../../config/resolved.ts'
import { forVersion } from '../../packer/dialect.ts'
import { render } from '../../packer/hcl.ts'
import { strangersIn } from '../../packer/strangers.fixture.ts'
import { sharedTemplate, type TemplateInput } from '../../packer/template.ts'
import { provisionPhases } from '../../release/provision.ts'
import type { ReleaseMarks } from '../cloud.ts'
import { matrix, places, rich } from './matrix.fixture.ts'
import { ociSource } from './template.ts'

const marks: ReleaseMarks = {
  name: 'golden-1700000000',
  fingerprint: 'feedc0dedeadbeef',
  token: '0123456789abcdef'.repeat(4),
}

function resolved(packer: object): Resolved {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'oci', ...packer } } }
  return resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {}, partial: true })
}

function input(packer: object, marks?: ReleaseMarks): TemplateInput {
  const config = resolved(packer)
  const files = { scripts: 'provision', extensions: 'extensions', archive: undefined, located: (path: string) => path }
  return {
    ...ociSource(config, marks),
    variables: { imageName: config.imageName, sindriVersion: '3.1.0', profile: 'base', extensions: ['docker'] },
    provision: provisionPhases(config, files, 'https://example.com/download'),
    manifest: 'manifest.json',
    custom: { release: marks?.name ?? '', base: config.build.base },
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

test.each(Object.entries(matrix))('oracle-oci knows everything that is written for %s', (_what, packer) => {
  expect(strangersIn(input(packer, marks).source)).toEqual([])
})

test('every setting of the section is in the template', () => {
  const text = template(rich)
  expect(values(text, 'oci_region')).toEqual(['coalesce(var.region, "eu-frankfurt-1")'])
  expect(values(text, 'image_compartment_ocid')).toEqual(['"ocid1.compartment.oc1..aaaaaaaaimages"'])
  expect(values(text, 'oci_instance_type')).toEqual(['coalesce(var.instance_type, "VM.Standard.E5.Flex")'])
  expect([values(text, 'ocpus'), values(text, 'memory_in_gbs')]).toEqual([['4'], ['32']])
  expect(values(text, 'oci_volume_size')).toEqual(['coalesce(var.volume_size, 60)'])
  expect(values(text, 'image_launch_mode')).toEqual(['"PARAVIRTUALIZED"'])
  expect(values(text, 'nsg_ids')).toEqual(['["ocid1.networksecuritygroup.oc1.phx.aaaaaaaagroup"]'])
  expect([values(text, 'use_private_ip'), values(text, 'assign_public_ip')]).toEqual([['true'], ['false']])
  expect(values(text, 'access_cfg_file_account')).toEqual(['"BUILDER"'])
  expect(values(text, 'instance_options_are_legacy_imds_endpoints_disabled')).toEqual(['true'])
  expect(values(text, 'defined_tags_json')).toEqual([String.raw`"{\"Operations\":{\"CostCenter\":\"42\"}}"`])
  expect(values(text, 'ssh_timeout')).toEqual(['"30m"'])
  expect(values(template({ oci: { ...places, access_cfg_file: '/etc/oci' } }), 'access_cfg_file')).toEqual([
    '"/etc/oci"',
  ])
})

test('places that the config does not name are variables with the environment as their default', () => {
  const text = template({})
  expect(values(text, 'compartment_ocid')).toEqual(['var.compartment_ocid'])
  expect(values(text, 'availability_domain')).toEqual(['var.availability_domain'])
  expect(values(text, 'subnet_ocid')).toEqual(['var.subnet_ocid'])
})

test('credentials are named, never written, and secret where they are', () => {
  const { source, ownVariables = [] } = input({ oci: places })
  const named = ['user_ocid', 'tenancy_ocid', 'fingerprint', 'key', 'key_file', 'pass_phrase']
  const secret = ownVariables.filter(({ attributes }) => attributes.sensitive === true).map(({ labels }) => labels[0])
  expect(secret).toEqual(named.filter((name) => name !== 'key_file').map((name) => `oci_${name}`))
  const text = template({ oci: places })
  for (const name of named) {
    expect(source.attributes).toHaveProperty(name)
    expect(values(text, name)).toEqual([`var.oci_${name}`])
  }
  expect(text).toContain('env("OCI_CLI_FINGERPRINT") != "" ? env("OCI_CLI_FINGERPRINT") : env("OCI_FINGERPRINT")')
})

test('an instance principal comes alone: the builder refuses anything beside it', () => {
  const { attributes } = input({ oci: { ...places, use_instance_principals: true } }).source
  const others = ['region', 'access_cfg_file', 'access_cfg_file_account', 'user_ocid', 'tenancy_ocid', 'fingerprint']
  const written = Object.keys(attributes).filter((name) => attributes[name] !== undefined)
  expect(attributes.use_instance_principals).toBe(true)
  expect(written.filter((name) => [...others, 'key', 'key_file', 'pass_phrase'].includes(name))).toEqual([])
})

test('a base is the newest of Oracle’s own for its processor, never an image that was built from it', () => {
  const search = (packer: object): RegExp => {
    const filter = input({ oci: places, ...packer }).source.blocks.find(({ type }) => type === 'base_image_filter')
    return new RegExp(String(filter?.attributes.display_name_search))
  }
  const [x86, arm] = [search({}), search(matrix['Ampere, flexible'] ?? {})]
  const [newest, ampere] = ['Canonical-Ubuntu-24.04-2026.09.18-0', 'Canonical-Ubuntu-24.04-aarch64-2026.09.18-0']
  expect([x86.test(newest), arm.test(newest)]).toEqual([true, false])
  expect([x86.test(ampere), arm.test(ampere)]).toEqual([false, true])
  for (const other of [
    'golden-20260918',
    'Canonical-Ubuntu-24.04-Minimal-2026.09.18-0',
    'Canonical-Ubuntu-22.04-2026.09.18-0',
  ])
    expect([x86.test(other), arm.test(other)]).toEqual([false, false])
})

test('Debian is the newest that was imported under the name of its file, and logged into as its own user', () => {
  const packer = { build: { base: 'debian-12' }, oci: places }
  const [filter] = input(packer).source.blocks.filter(({ type }) => type === 'base_image_filter')
  expect(Object.keys(filter?.attributes ?? {}).filter((key) => filter?.attributes[key] !== undefined)).toEqual([
    'display_name_search',
  ])
  const search = new RegExp(String(filter?.attributes.display_name_search))
  expect(search.test('debian-12-generic-amd64-20251006-2257.qcow2')).toBe(true)
  for (const other of ['debian-12-generic-arm64-20251006-2257', 'golden-1700000000', 'debian-12-nocloud-amd64'])
    expect(search.test(other)).toBe(false)
  expect(values(template(packer), 'ssh_username')).toEqual(['"debian"'])
})

test('an image by its OCID is taken as it is, with the user of the config', () => {
  const text = template(matrix['an image by its OCID'] ?? {})
  expect(values(text, 'base_image_ocid')).toEqual(['"ocid1.image.oc1.phx.aaaaaaaaimage"'])
  expect(values(text, 'sindri:base')).toEqual(['"ocid1.image.oc1.phx.aaaaaaaaimage"'])
  expect(values(text, 'ssh_username')).toEqual(['"debian"'])
  expect(text).not.toContain('base_image_filter')
})

test.each([
  ['an Arm image on x86', { build: { arch: 'arm64' } }, 'the processors of the shape VM.Standard.E4.Flex are x86_64'],
  ['an x86 image on Ampere', { oci: { ...places, shape: 'VM.Standard.A2.Flex' } }, 'VM.Standard.A2.Flex are arm64'],
])('%s is refused', (_what, packer, message) => {
  expect(() => input({ oci: places, ...packer })).toThrow(
    expect.objectContaining({ code: 'config', hint: expect.any(String) }),
  )
  expect(() => input({ oci: places, ...packer })).toThrow(message)
})

test('a release has room for two tags of the user, since Oracle takes ten', () => {
  const tagged = (keys: readonly string[]): string =>
    template({ oci: places, tags: Object.fromEntries(keys.map((key) => [key, 'x'])) }, marks)
  expect(values(tagged(['a', 'b']), 'sindri:run')).toHaveLength(1)
  expect(() => tagged(['a', 'b', 'c'])).toThrow('beside Sindri’s own 3 are too many')
})

test('the marks of a release are on the image and on what the run makes', () => {
  const text = template({ oci: places }, marks)
  expect(values(text, 'image_name')).toContain('"golden-1700000000"')
  expect(values(text, 'sindri:fingerprint')).toEqual(['"feedc0dedeadbeef"'])
  expect(values(text, 'sindri:run')).toEqual([`"${marks.token}"`])
  expect(template({ oci: places })).not.toContain('sindri:run')
})

test('what Packer 1.6.6 cannot do without changing the image is named', () => {
  const lost = (packer: object): readonly string[] => {
    const { dropped } = forVersion(sharedTemplate(input(packer)), '1.6.6')
    const { required = {} } = input(packer)
    return dropped.map(({ name }) => name).filter((name) => Object.hasOwn(required, name))
  }
  expect(lost(rich)).toEqual(['defined_tags_json', 'shape_config'])
  expect(lost(matrix['an x86 shape of fixed size'] ?? {})).toEqual([])
})

test('values of the config stay text, whatever is in them', () => {
  const hostile = `"\${file("/etc/passwd")} %{ for x in y } \\"`
  const text = template({ description: hostile, tags: { Team: hostile }, oci: places })
  const written = '"\\"$${file(\\"/etc/passwd\\")} %%{ for x in y } \\\\\\""'
  expect(values(text, 'sindri:description')).toEqual([written])
  expect(values(text, 'Team')).toEqual([written, written])
})
