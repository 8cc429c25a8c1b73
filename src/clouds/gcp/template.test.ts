import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import builders from '../../packer/builders.generated.json' with { type: 'json' }
import { render } from '../../packer/hcl.ts'
import { sharedTemplate } from '../../packer/template.ts'
import { provisionPhases } from '../../release/provision.ts'
import type { ReleaseMarks, SourceTemplate } from '../cloud.ts'
import { gcpSource } from './template.ts'

const marks: ReleaseMarks = {
  name: 'golden-1700000000',
  fingerprint: 'feedc0dedeadbeef',
  token: '0123456789abcdef'.repeat(4),
}

/** Every field of the section but those that exclude each other. */
const rich = {
  project_id: 'images-prod-1',
  image_project_id: 'images-shared-1',
  zone: 'europe-west1-b',
  machine_type: 'n2-standard-4',
  disk_size: 30,
  disk_type: 'pd-balanced',
  enable_secure_boot: true,
  enable_vtpm: true,
  enable_integrity_monitoring: true,
  image_family: 'golden',
  image_storage_locations: ['eu'],
  image_guest_os_features: ['UEFI_COMPATIBLE', 'GVNIC', 'VIRTIO_SCSI_MULTIQUEUE'],
  kms_key_name: 'projects/keys-1/locations/eu/keyRings/images/cryptoKeys/golden',
  deprecate_after_days: 90,
  network: 'builders',
  subnetwork: 'builders-eu',
  network_project_id: 'network-host-1',
  omit_external_ip: true,
  use_internal_ip: true,
  use_iap: true,
  use_os_login: true,
  service_account_email: 'builder@images-prod-1.iam.gserviceaccount.com',
  scopes: ['https://www.googleapis.com/auth/devstorage.read_only'],
  tags: ['image-builder'],
  preemptible: true,
  extra: { min_cpu_platform: 'Intel Ice Lake' },
}

interface Written {
  readonly gcp?: Readonly<Record<string, unknown>>
  readonly packer?: Readonly<Record<string, unknown>>
  readonly marks?: ReleaseMarks | undefined
}

const plain = { project_id: 'my-project-1' }

function resolved({ gcp = plain, packer = {} }: Written): ReturnType<typeof resolve> {
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'gcp', ...packer, gcp } } }
  return resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: { PROJECT: 'from-environment-1' } })
}

function source(written: Written): SourceTemplate['source'] {
  return gcpSource(resolved(written), written.marks).source
}

/** The whole template of a config, as Packer reads it. */
function template(written: Written): string {
  const config = resolved(written)
  const files = { scripts: 'provision', extensions: 'extensions', archive: undefined, located: (path: string) => path }
  const input = {
    ...gcpSource(config, written.marks),
    variables: { imageName: config.imageName, sindriVersion: '3.1.0', profile: 'base', extensions: ['docker'] },
    provision: provisionPhases(config, files, 'https://example.com/download'),
    manifest: 'manifest.json',
    custom: { release: written.marks?.name ?? '', base: config.build.base },
  }
  return render(sharedTemplate(input))
}

const richPacker = {
  description: 'Golden image of the organization',
  tags: { team: 'platform' },
  build: { base: 'debian-12', security: { cis_hardening: true }, scripts: ['setup.sh'] },
}

test.each([
  ['template.golden.pkr.hcl', 'by Sindri', marks],
  ['template.init.golden.pkr.hcl', 'by plain Packer', undefined],
])('%s is the template of a rich config that is built %s', (name, _by, marks) => {
  const file = join(import.meta.dirname, name)
  const text = template({ gcp: rich, packer: richPacker, marks })
  if (process.env.UPDATE_GOLDENS) writeFileSync(file, text)
  expect(text, 'when the change is meant: UPDATE_GOLDENS=1 npm test').toBe(readFileSync(file, 'utf8'))
})

test.each([
  ['rich', rich],
  ['plain', plain],
])('a %s config sets nothing that the builder does not know', (_name, gcp) => {
  const table = builders.googlecompute
  for (const given of [marks, undefined]) {
    const { attributes, blocks } = source({ gcp, packer: richPacker, marks: given })
    expect(Object.keys(attributes).filter((name) => !Object.hasOwn(table.attributes, name))).toEqual([])
    expect(blocks.map(({ type }) => type).filter((name) => !Object.hasOwn(table.blocks, name))).toEqual([])
  }
})

test('every field of the section is in the template', () => {
  const text = template({ gcp: rich, packer: richPacker })
  const written = (value: unknown): readonly string[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(written) : [String(value)]
  const { deprecate_after_days: days, ...others } = rich
  for (const [field, value] of Object.entries(others))
    for (const one of written(value)) expect(text, field).toContain(one)
  expect(text).toContain(`timeadd(timestamp(), "${days * 24}h")`)
})

test('the marks of a release are on the image, and name and label what the run makes', () => {
  const { attributes } = source({ marks })
  expect(attributes).toMatchObject({
    image_name: marks.name,
    image_labels: { 'sindri-release': marks.name, 'sindri-fingerprint': marks.fingerprint },
    instance_name: 'sindri-run-0123456789abcdef0123456789abcdef',
    disk_name: 'sindri-run-0123456789abcdef0123456789abcdef',
    labels: { 'sindri-run': '0123456789abcdef0123456789abcdef' },
  })
  expect(template({})).not.toContain('sindri-run')
})

test('the deprecation is left to Sindri where it builds', () => {
  expect(source({ gcp: rich }).attributes.deprecate_at).toBeDefined()
  expect(source({ gcp: rich, marks }).attributes.deprecate_at).toBeUndefined()
})

test('labels are as Google allows, whatever the base is called', () => {
  const { attributes } = source({
    marks,
    packer: { build: { base: 'projects/Acme.com:x/global/images/golden-1.2'.toLowerCase().replace('.2', '2') } },
  })
  const labels = Object.entries({ ...Object(attributes.image_labels), ...Object(attributes.labels) })
  for (const [key, value] of labels) {
    expect(key).toMatch(/^[a-z][a-z0-9_-]{0,62}$/)
    if (typeof value === 'string') expect(value).toMatch(/^[a-z0-9_-]{0,63}$/)
  }
})

test('a base is the newest of its family in its own project; an image or a family that is named is taken as it is', () => {
  const begins = (base: string, arch = 'x86_64'): Readonly<Record<string, unknown>> => {
    const { source_image, source_image_family, source_image_project_id } = source({
      packer: { build: { base, arch } },
    }).attributes
    return { source_image, source_image_family, source_image_project_id }
  }
  expect(begins('debian-12')).toEqual({ source_image_family: 'debian-12', source_image_project_id: ['debian-cloud'] })
  expect(begins('ubuntu-24.04')).toMatchObject({ source_image_family: 'ubuntu-2404-lts-amd64' })
  expect(begins('projects/rocky-linux-cloud/global/images/family/rocky-9')).toEqual({
    source_image_family: 'rocky-9',
    source_image_project_id: ['rocky-linux-cloud'],
  })
  expect(begins('projects/acme-1/global/images/golden-7')).toEqual({
    source_image: 'golden-7',
    source_image_project_id: ['acme-1'],
  })
  expect(begins('golden-7')).toEqual({ source_image: 'golden-7' })
})

test('a project from the environment is a variable of Packer, and its value is nowhere in the template', () => {
  const text = template({ gcp: { project_id: '${env:PROJECT}' } })
  expect(text).toMatch(/project_id +(=) var\.project_id/)
  expect(text).not.toContain('from-environment-1')
})

test('the build instance may write its log and nothing else, unless the config says more', () => {
  expect(source({}).attributes.scopes).toEqual(['https://www.googleapis.com/auth/logging.write'])
  expect(source({ gcp: rich }).attributes.scopes).toEqual(rich.scopes)
})

test('an instance without an external address is reached by its internal one', () => {
  const { attributes } = source({ gcp: { ...plain, omit_external_ip: true, use_iap: true } })
  expect(attributes).toMatchObject({ omit_external_ip: true, use_internal_ip: true, use_iap: true })
})

test('values of the config stay text, whatever is in them', () => {
  const hostile = `"\${file("/etc/passwd")} %{ for x in y } \\"`
  const text = template({ packer: { description: hostile } })
  expect(text).toContain('"\\"$${file(\\"/etc/passwd\\")} %%{ for x in y } \\\\\\""')
})
