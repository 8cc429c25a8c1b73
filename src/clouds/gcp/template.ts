import type { Resolved } from '../../config/resolved.ts'
import { extraParts } from '../../packer/extra.ts'
import { type Block, block, call, interpolate, type Raw, type Value, variable } from '../../packer/hcl.ts'
import { cloudValue } from '../../packer/template.ts'
import type { ReleaseMarks, SourceTemplate } from '../cloud.ts'
import { sourceOf } from './bases.ts'
import { builderName, label, labelExpression, labelValue, runLabel } from './labels.ts'
import { architectures, type GcpImageSettings, gcpOf } from './settings.ts'

type Attributes = Readonly<Record<string, Value | undefined>>

/**
 * The googlecompute source. With the marks of a release it names and labels what this run makes, and leaves the
 * deprecation to Sindri; without, it does all of it itself, for plain Packer.
 * https://developer.hashicorp.com/packer/integrations/hashicorp/googlecompute/latest/components/builder/googlecompute
 */
export function gcpSource(resolved: Resolved, marks: ReleaseMarks | undefined): SourceTemplate {
  const gcp = gcpOf(resolved)
  const { sshUser } = sourceOf(resolved.build.base, resolved.build.arch)
  const extra = extraParts('googlecompute', gcp.extra)
  return {
    cloud: 'gcp',
    plugin: 'googlecompute',
    defaults: { region: gcp.zone, instance_type: gcp.machineType, volume_size: gcp.diskSize },
    source: {
      builder: 'googlecompute',
      label: 'sindri',
      attributes: {
        project_id: typeof gcp.projectId === 'string' ? gcp.projectId : variable(gcp.projectId.variable),
        zone: cloudValue('gcp', 'region'),
        machine_type: cloudValue('gcp', 'instance_type'),
        disk_size: cloudValue('gcp', 'volume_size'),
        disk_type: gcp.diskType,
        ...base(resolved),
        ...image(resolved, gcp, sshUser, marks),
        ...builder(resolved, gcp, marks),
        ...access(resolved, gcp, sshUser),
        ...extra.attributes,
      },
      blocks: [...(gcp.kmsKeyName === undefined ? [] : encryption(gcp.kmsKeyName)), ...extra.blocks],
    },
  }
}

function base({ build }: Resolved): Attributes {
  const { project, family, image } = sourceOf(build.base, build.arch)
  return {
    source_image_family: family,
    source_image: image,
    source_image_project_id: project === undefined ? undefined : [project],
  }
}

function image(
  resolved: Resolved,
  gcp: GcpImageSettings,
  sshUser: string,
  marks: ReleaseMarks | undefined,
): Attributes {
  const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined)
  const days = marks === undefined ? gcp.deprecateAfterDays : undefined
  return {
    image_name: marks?.name ?? timestamped,
    image_description: resolved.description,
    image_family: gcp.imageFamily,
    image_project_id: gcp.imageProjectId,
    image_labels: imageLabels(resolved, sshUser, marks),
    image_architecture: architectures[resolved.build.arch],
    // Without a list of its own the image has the features of the base it was made from.
    image_guest_os_features: some(gcp.imageGuestOsFeatures),
    image_storage_locations: some(gcp.imageStorageLocations),
    deprecate_at: days === undefined ? undefined : call('timeadd', call('timestamp'), `${days * 24}h`),
  }
}

const timestamped: Raw = interpolate([
  variable('image_name'),
  '-',
  call('formatdate', 'YYYYMMDDhhmmss', call('timestamp')),
])

function imageLabels(resolved: Resolved, sshUser: string, marks: ReleaseMarks | undefined): Record<string, Value> {
  return {
    ...resolved.tags,
    [label.managed]: 'true',
    [label.version]: labelExpression(variable('sindri_version')),
    [label.profile]: labelExpression(variable('profile')),
    [label.base]: labelValue(resolved.build.base),
    [label.sshUser]: labelValue(sshUser),
    ...(marks === undefined ? {} : { [label.release]: marks.name, [label.fingerprint]: marks.fingerprint }),
  }
}

/** Access scopes that let a build write its log and nothing else; https://cloud.google.com/compute/docs/access/service-accounts#accesscopesiam */
const narrowScopes: readonly string[] = ['https://www.googleapis.com/auth/logging.write']

/** The instance that is provisioned and becomes the image. */
function builder(resolved: Resolved, gcp: GcpImageSettings, marks: ReleaseMarks | undefined): Attributes {
  const run: Record<string, Value> =
    marks === undefined ? {} : { [label.run]: runLabel(marks.token), [label.release]: marks.name }
  const name = marks === undefined ? undefined : builderName(marks.token)
  return {
    instance_name: name,
    disk_name: name,
    labels: { ...resolved.tags, [label.managed]: 'true', ...run },
    tags: gcp.tags.length > 0 ? gcp.tags : undefined,
    enable_secure_boot: gcp.enableSecureBoot,
    enable_vtpm: gcp.enableVtpm,
    enable_integrity_monitoring: gcp.enableIntegrityMonitoring,
    preemptible: gcp.preemptible || undefined,
    network: gcp.network,
    subnetwork: gcp.subnetwork,
    network_project_id: gcp.networkProjectId,
    omit_external_ip: gcp.omitExternalIp || undefined,
    disable_default_service_account: gcp.disableDefaultServiceAccount || undefined,
    service_account_email: gcp.serviceAccountEmail,
    scopes: gcp.scopes.length > 0 ? gcp.scopes : narrowScopes,
    // Keys of the whole project have no business in an instance that becomes an image.
    metadata: { 'block-project-ssh-keys': 'TRUE' },
  }
}

function access({ build }: Resolved, gcp: GcpImageSettings, sshUser: string): Attributes {
  return {
    communicator: 'ssh',
    ssh_username: sshUser,
    ssh_timeout: build.sshTimeout,
    ssh_clear_authorized_keys: build.security.removeSshKeys,
    temporary_key_pair_type: 'ed25519',
    use_internal_ip: gcp.useInternalIp || gcp.omitExternalIp || undefined,
    use_iap: gcp.useIap || undefined,
    use_os_login: gcp.useOsLogin || undefined,
  }
}

/** The disk of the build instance and the image. Packer 1.6.6 encrypts the image alone. */
function encryption(kmsKeyName: string): readonly Block[] {
  return [block('disk_encryption_key', [], { kmsKeyName }), block('image_encryption_key', [], { kmsKeyName })]
}
