import { type Fields, flag, listOf, mapOf, oneOf, text, whole } from '../fields.ts'
import type { Written } from '../written.ts'
import { type Regions, regionFields } from './regions.ts'
import type { Resolve } from './target.ts'

/** What the machines run under, which decides how the disk is written down. */
export type Hypervisor = 'kvm' | 'vmware' | 'ironic'

/** How the bytes get into Glance. https://docs.openstack.org/glance/latest/admin/interoperable-image-import.html (2026-11) */
export type ImportMethod = 'put' | 'glance-direct' | 'web-download'

/** Where and for whom in one OpenStack; each region is sent the disk by itself. No region: all that the cloud has. */
export interface OpenStackReleaseSettings extends Regions {
  readonly cloud?: string
  readonly hypervisor: Hypervisor
  readonly diskFormat: 'qcow2' | 'raw' | 'vmdk'
  readonly projects: readonly string[]
  readonly protected: boolean
  readonly properties: Readonly<Record<string, string>>
  readonly minDisk?: number
  readonly import: ImportMethod
  /** With `web-download`. */
  readonly importUrl?: string
  /** Of the file at the URL, in hex. */
  readonly importSha512?: string
}

const region = { pattern: /^[\w.-]{1,255}$/, kind: 'the name of a region', hint: 'openstack region list shows them' }
const project = {
  pattern: /^[\w-]{1,255}$/,
  kind: 'the id of a project',
  hint: 'openstack project show NAME -f value -c id',
}

/** `release.targets.openstack`. */
export const openstackReleaseFields = (): Fields<Written<OpenStackReleaseSettings>> => ({
  cloud: text(
    'Which cloud of clouds.yaml; otherwise OS_CLOUD, then the OS_* variables, then the only one of the file.',
  ),
  ...regionFields('Regions; otherwise those of the cloud’s own settings, or all it has.', text('Region.', region)),
  hypervisor: oneOf('What machines run under; kvm when it is not given. vmware gets a streamOptimized VMDK.', [
    'kvm',
    'vmware',
    'ironic',
  ]),
  disk_format: oneOf('How the disk is written down; qcow2 when it is not given, and vmdk for vmware.', [
    'qcow2',
    'raw',
    'vmdk',
  ]),
  projects: listOf('Ids of projects that may use a private image: its members.', text('Project.', project)),
  protected: flag('Glance refuses to delete the image until the protection is lifted; unpublish lifts it.'),
  properties: mapOf('Further properties of the image, as in hw_scsi_model: virtio-scsi.', text('Value.')),
  min_disk: whole('GiB a disk must have for the image; the size of the disk when it is not given.', 0, 1_000_000),
  import: oneOf('How the bytes get there; put when it is not given.', ['put', 'glance-direct', 'web-download']),
  import_url: text('With web-download: where Glance fetches the disk, in the format above.', {
    pattern: /^https?:\/\/\S+$/,
    kind: 'an http address',
    hint: 'Glance itself must reach it',
  }),
  import_sha512: text('With web-download: SHA-512 of the file at that address.', {
    pattern: /^[0-9a-f]{128}$/,
    kind: 'a SHA-512 in hex',
    hint: 'sha512sum prints it',
  }),
})

/** With defaults. */
export const openstackRelease: Resolve<OpenStackReleaseSettings> = (written, complain) => {
  const { regions = [], best_effort_regions: bestEffort = [], hypervisor = 'kvm', import: method = 'put' } = written
  const twice = regions.find((one, index) => regions.indexOf(one) !== index)
  if (twice !== undefined) complain('regions', `names ${twice} twice`, 'name each region once')
  const stranger = regions.length > 0 && bestEffort.find((one) => !regions.includes(one))
  if (stranger) complain('best_effort_regions', `${stranger} is not one of the regions`, 'name it under regions too')
  if (regions.length > 0 && regions.every((one) => bestEffort.includes(one)))
    complain('best_effort_regions', 'leaves no region that must work', 'leave one of the regions out')
  const diskFormat = written.disk_format ?? (hypervisor === 'vmware' ? 'vmdk' : 'qcow2')
  if ((diskFormat === 'vmdk') !== (hypervisor === 'vmware'))
    complain(
      'disk_format',
      `${diskFormat} is nothing for ${hypervisor}`,
      'vmdk goes with vmware, qcow2 and raw with the others',
    )
  for (const key of ['import_url', 'import_sha512'] as const)
    if ((written[key] !== undefined) !== (method === 'web-download'))
      complain(
        key,
        method === 'web-download' ? 'is missing' : `is nothing for import: ${method}`,
        'web-download needs import_url and import_sha512, and nothing else does',
      )
  const reserved = Object.keys(written.properties ?? {}).find(
    (name) => /^(sindri:|os_glance)/.test(name) || own.has(name),
  )
  if (reserved !== undefined)
    complain('properties', `${reserved} is not for you to set`, 'other settings decide about it, or Glance does')
  return {
    ...(written.cloud !== undefined && { cloud: written.cloud }),
    regions,
    bestEffortRegions: bestEffort,
    hypervisor,
    diskFormat,
    projects: [...new Set(written.projects ?? [])],
    protected: written.protected ?? false,
    properties: written.properties ?? {},
    ...(written.min_disk !== undefined && { minDisk: written.min_disk }),
    import: method,
    ...(written.import_url !== undefined && { importUrl: written.import_url }),
    ...(written.import_sha512 !== undefined && { importSha512: written.import_sha512 }),
  }
}

/** Members of an image that are no properties. https://docs.openstack.org/api-ref/image/v2/#create-image (2026-11) */
const own: ReadonlySet<string> = new Set([
  ...['id', 'name', 'status', 'visibility', 'owner', 'created_at', 'updated_at', 'protected', 'os_hidden', 'tags'],
  ...['disk_format', 'container_format', 'size', 'virtual_size', 'min_disk', 'min_ram', 'checksum', 'os_hash_algo'],
  ...['os_hash_value', 'self', 'file', 'schema', 'locations', 'direct_url', 'stores'],
])
