import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import builders from '../../packer/builders.generated.json' with { type: 'json' }
import { type Block, render } from '../../packer/hcl.ts'
import { sharedTemplate, type TemplateInput } from '../../packer/template.ts'
import { provisionPhases } from '../../release/provision.ts'
import type { ReleaseMarks } from '../cloud.ts'
import { azureMatrix, gallery, ids, plain, type Written } from './matrix.fixture.ts'
import { azureSource } from './template.ts'

const marks: ReleaseMarks = {
  name: 'golden-1700000000',
  fingerprint: 'feedc0dedeadbeef',
  token: '0123456789abcdef'.repeat(4),
}

function inputOf({ azure = plain, packer = {} }: Written, marks?: ReleaseMarks): TemplateInput {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'azure', ...packer, azure } } }
  const resolved = resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {}, partial: true })
  const files = { scripts: 'provision', extensions: 'extensions', archive: undefined, located: (path: string) => path }
  const { lastScripts, ...own } = azureSource(resolved, marks)
  return {
    ...own,
    variables: { imageName: resolved.imageName, sindriVersion: '3.1.0', profile: 'base', extensions: ['docker'] },
    provision: provisionPhases(resolved, files, 'https://example.com/download', lastScripts),
    manifest: 'manifest.json',
    custom: { release: marks?.name ?? '', base: resolved.build.base },
  }
}

/** The whole template of a config, as Packer reads it. */
function template(written: Written, marks?: ReleaseMarks): string {
  return render(sharedTemplate(inputOf(written, marks)))
}

/** Values of the attributes of this name, at any depth, as written; a list is in one line. */
function values(text: string, name: string): readonly string[] {
  const lines = text.replaceAll(/\[\n[^\]]*\]/g, (list) => list.replaceAll(/\s*\n\s*/g, '').replace(',]', ']'))
  return [...lines.matchAll(new RegExp(`^ *"?${name}"? *= *(.*)$`, 'gm'))].map(([, value]) => value ?? '')
}

const rich: Written = {
  azure: {
    ...plain,
    tenant_id: '22222222-2222-2222-2222-222222222222',
    vm_size: 'Standard_D4s_v5',
    os_disk_size_gb: 64,
    gallery: {
      ...gallery,
      resource_group: 'galleries',
      replication_regions: ['westus2', 'westeurope'],
      replica_count: 2,
      exclude_from_latest: true,
      end_of_life_date: '2028-02-01T00:00:00Z',
    },
    secure_boot_enabled: true,
    vtpm_enabled: true,
    encryption_at_host: true,
    spot_eviction_policy: 'Delete',
    allowed_inbound_ip_addresses: ['203.0.113.0/24'],
    extra: { plan_info: { plan_name: 'p', plan_product: 'o', plan_publisher: 'x' } },
  },
  packer: {
    description: 'Golden image of the organization',
    tags: { Team: 'platform' },
    build: { base: 'debian-12', security: { cis_hardening: true }, scripts: ['setup.sh'] },
  },
}

test.each([
  ['template.golden.pkr.hcl', 'a rich config that is built by Sindri', rich, marks],
  ['template.init.golden.pkr.hcl', 'the least config that is built by plain Packer', {}, undefined],
])('%s is the template of %s', (name, _of, written, marks) => {
  const file = join(import.meta.dirname, name)
  const text = template(written, marks)
  if (process.env.UPDATE_GOLDENS) writeFileSync(file, text)
  expect(text, 'when the change is meant: UPDATE_GOLDENS=1 npm test').toBe(readFileSync(file, 'utf8'))
})

interface Table {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly blocks: Readonly<Record<string, Table>>
}

function unknownIn(table: Table, one: Pick<Block, 'attributes' | 'blocks'>): readonly string[] {
  const attributes = Object.entries(one.attributes).filter(([, value]) => value !== undefined)
  return [
    ...attributes.map(([name]) => name).filter((name) => table.attributes[name] === undefined),
    ...one.blocks.flatMap((child) => {
      const inner = table.blocks[child.type]
      return inner === undefined ? [child.type] : unknownIn(inner, child)
    }),
  ]
}

test.each(Object.entries({ ...azureMatrix, rich }))(
  'the builder knows every attribute and block of %s',
  (_of, written) => {
    for (const by of [marks, undefined])
      expect(unknownIn(builders['azure-arm'], inputOf(written, by).source)).toEqual([])
  },
)

test('the agent is taken from the machine after everything else, the verification too', () => {
  const scripts = [...template({}).matchAll(/provision\/(\S+)"/g)].map(([, name]) => name)
  expect(scripts.slice(-3)).toEqual(['90-cleanup.sh', '99-verify.sh', '99-waagent.sh'])
  // Without its account Packer could wait for a connection for ever, only to remove the script.
  expect(values(template({}), 'skip_clean')).toEqual(['true'])
})

test('the marks of a release name the image and what the run builds in, and are among the tags', () => {
  const text = template({}, marks)
  expect(values(text, 'managed_image_name')).toEqual(['"golden-1700000000"'])
  expect(values(text, 'sindri:fingerprint')).toEqual(['"feedc0dedeadbeef"'])
  expect(values(text, 'sindri:run')).toEqual([`"${marks.token}"`])
  expect(values(text, 'temp_resource_group_name')).toEqual(['"sindri-run-0123456789abcdef01234567"'])
  const inGroup = template({ azure: { ...plain, build_resource_group_name: 'builds' } }, marks)
  expect(values(inGroup, 'temp_compute_name')).toEqual(['"sindri-run-0123456789abcdef01234567"'])
  expect(values(inGroup, 'temp_resource_group_name')).toEqual([])
  expect(template({})).not.toContain('sindri-run')
})

test('it is built in a location or in a group that exists, never in both', () => {
  const places = (azure: Written['azure']): readonly (readonly string[])[] => {
    const text = template({ azure })
    return [values(text, 'location'), values(text, 'build_resource_group_name')]
  }
  expect(places(plain)).toEqual([['local.azure_region'], []])
  expect(places({ ...plain, build_resource_group_name: 'builds' })).toEqual([[], ['"builds"']])
})

test('a gallery version takes the place of the managed image, in the location of the build at least', () => {
  const regions = (azure: Written['azure']): readonly (readonly string[])[] => {
    const text = template({ azure })
    expect(values(text, 'managed_image_name')).toEqual([])
    return ['name', 'replicas', 'replication_regions', 'shared_image_gallery_replica_count'].map((name) =>
      values(text, name),
    )
  }
  const twice = { ...gallery, replication_regions: ['westus2', 'westeurope'], replica_count: 2 }
  const inGroup = { ...plain, build_resource_group_name: 'builds' }
  expect(regions({ ...plain, gallery })).toEqual([['local.azure_region'], ['1'], [], []])
  expect(regions({ ...plain, gallery: twice })).toEqual([['local.azure_region', '"westeurope"'], ['2', '2'], [], []])
  expect(regions({ ...inGroup, gallery })).toEqual([[], [], [], ['1']])
  expect(regions({ ...inGroup, gallery: twice })).toEqual([[], [], ['["westus2","westeurope"]'], ['2']])
})

test.each([
  ['Secure Boot makes the machine a trusted one', { secure_boot_enabled: true }, ['"TrustedLaunch"'], [], []],
  [
    'a confidential machine encrypts its state',
    { security_type: 'ConfidentialVM' },
    ['"ConfidentialVM"'],
    ['"VMGuestStateOnly"'],
    ['"EncryptedVMGuestStateOnlyWithPmk"'],
  ],
  [
    'a confidential machine with a key of its own encrypts its disk',
    { security_type: 'ConfidentialVM', disk_encryption_set_id: ids.keys },
    ['"ConfidentialVM"'],
    ['"DiskWithVMGuestState"'],
    ['"EncryptedWithCmk"'],
  ],
])('%s, and its image too', (_what, security, type, machine, image) => {
  const text = template({ azure: { ...plain, gallery, ...security } })
  expect(values(text, 'security_type')).toEqual(type)
  expect(values(text, 'security_encryption_type')).toEqual(machine)
  expect(values(text, 'confidential_vm_image_encryption_type')).toEqual(image)
})

test('a base has its publisher; ids of images are taken apart', () => {
  const source = (base: string, arch = 'x86_64'): readonly string[] => {
    const names = ['image_publisher', 'image_sku', 'custom_managed_image_name', 'gallery_name', 'image_version']
    const text = template({ azure: { ...plain, gallery, vm_size: sizeOf(arch) }, packer: { build: { base, arch } } })
    const block = text.slice(text.indexOf('source "azure-arm"'), text.indexOf('shared_image_gallery_destination'))
    return names.flatMap((name) => values(block, name))
  }
  const group = '/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/bases/providers/Microsoft.Compute'
  expect(source('ubuntu-24.04')).toEqual(['"Canonical"', '"server"', '"latest"'])
  expect(source('debian-12', 'arm64')).toEqual(['"Debian"', '"12-arm64"', '"latest"'])
  expect(source('Canonical:offer:sku:24.04.1')).toEqual(['"Canonical"', '"sku"', '"24.04.1"'])
  expect(source(`${group}/images/base`)).toEqual(['"base"'])
  expect(source(`${group}/galleries/shared/images/base/versions/1.2.3`)).toEqual(['"shared"', '"1.2.3"'])
  expect(source(`${group}/galleries/shared/images/base`)).toEqual(['"shared"'])
  expect(() => source(`${group}/disks/base`)).toThrow('no image can start from')
})

function sizeOf(arch: string): string {
  return arch === 'arm64' ? 'Standard_D4ps_v5' : 'Standard_D4s_v5'
}

test('SSH is open to the ranges of the config, else to a known address; a network that exists decides itself', () => {
  const known = { ...marks, callerRange: '203.0.113.9/32' }
  const doors = (azure: Written['azure'], marks?: ReleaseMarks): readonly string[] =>
    values(template({ azure }, marks), 'allowed_inbound_ip_addresses')
  expect(doors(plain)).toEqual([])
  expect(doors(plain, known)).toEqual(['["203.0.113.9/32"]'])
  expect(doors({ ...plain, allowed_inbound_ip_addresses: ['10.0.0.0/8'] }, known)).toEqual(['["10.0.0.0/8"]'])
  expect(doors({ ...plain, virtual_network_name: 'corp' }, known)).toEqual([])
})

test('no credential is in a template, and each is a sensitive variable', () => {
  const text = template({ azure: { resource_group: 'images' } })
  for (const name of ['client_id', 'client_secret', 'client_jwt', 'oidc_request_token', 'tenant_id']) {
    const token = name === 'client_jwt'
    const [value] = values(text, name)
    expect(value).toBe(token ? 'try(file(var.azure_federated_token_file), var.azure_client_jwt)' : `var.azure_${name}`)
    expect(text).toMatch(new RegExp(`variable "azure_${name}" \\{[^}]*sensitive +=.true[^}]*env\\(`))
  }
  expect(values(text, 'subscription_id')).toEqual(['var.subscription_id'])
})

test('values of the config stay text, whatever is in them; a tag of the user never hides one of Sindri', () => {
  const hostile = `"\${file("/etc/passwd")} %{ for x in y } \\"`
  const text = template({ packer: { description: hostile, tags: { Team: hostile, NAME: 'mine' } } })
  const escaped = '"\\"$${file(\\"/etc/passwd\\")} %%{ for x in y } \\\\\\""'
  expect(values(text, 'Team')).toEqual([escaped])
  expect(values(text, 'sindri:description')).toEqual([escaped])
  expect(values(text, 'NAME')).toEqual([])
})
