import type * as z from 'zod/mini'
import type { VariableReference } from '../environment.ts'
import {
  type Extra,
  extraField,
  type Fields,
  flag,
  lazySection,
  listOf,
  type TextRule,
  text,
  whole,
} from '../fields.ts'
import type { Written } from '../written.ts'

/** How an image is built in Google Cloud. Sizes in GiB. */
export interface GcpSettings {
  readonly projectId: string | VariableReference
  readonly imageProjectId?: string
  readonly zone: string
  readonly machineType: string
  readonly diskSize: number
  readonly diskType: string
  readonly enableSecureBoot: boolean
  readonly enableVtpm: boolean
  readonly enableIntegrityMonitoring: boolean
  readonly imageFamily?: string
  readonly imageStorageLocations: readonly string[]
  readonly imageGuestOsFeatures: readonly string[]
  readonly kmsKeyName?: string
  readonly deprecateAfterDays?: number
  readonly network?: string
  readonly subnetwork?: string
  readonly networkProjectId?: string
  readonly useInternalIp: boolean
  readonly omitExternalIp: boolean
  readonly useIap: boolean
  readonly useOsLogin: boolean
  readonly serviceAccountEmail?: string
  readonly disableDefaultServiceAccount: boolean
  readonly scopes: readonly string[]
  /** Network tags of the build instance; labels of the image come from the common tags. */
  readonly tags: readonly string[]
  readonly preemptible: boolean
  readonly extra: Extra
}

/** A zone's name, judged by its shape alone. */
const gcpZone: TextRule = {
  pattern: /^[a-z]+(-[a-z]+)+\d+-[a-z]$/,
  kind: 'a Google Cloud zone',
  hint: 'a zone is a region and a letter, as in us-west1-a',
}

/** `e2-standard-4`. */
const gcpMachineType: TextRule = {
  pattern: /^[a-z][a-z0-9]*-[a-z0-9-]+$/,
  kind: 'a machine type',
  hint: 'a machine type looks like e2-standard-4',
}

/** https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin */
const project: TextRule = {
  pattern: /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  kind: 'a project id',
  hint: 'write the id (not the number or the title) as in my-project-1, or ${env:NAME}',
}

/** RFC 1035 label, the form of most names in Compute Engine. */
const label: TextRule = {
  pattern: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  kind: 'a Compute Engine name',
  hint: 'use up to 63 lower-case letters, digits and dashes, beginning with a letter',
}

/** A network or subnetwork: its name, or a partial or full URL of it. */
const network: TextRule = {
  pattern: /^([a-z]([-a-z0-9]{0,61}[a-z0-9])?|(https:\/\/www\.googleapis\.com\/compute\/v1\/)?projects\/[\w:./-]+)$/,
  kind: 'a network',
  hint: 'write its name, or projects/…/global/networks/… for one of another project',
}

/** The fields of `providers.packer.gcp`. */
export const gcpFields = (): Fields<Written<GcpSettings>> => ({
  project_id: text('Project to build in.', { ...project, reference: true }),
  image_project_id: text('Project the image is made in; otherwise project_id.', project),
  zone: text('Zone to build in.', gcpZone),
  machine_type: text('Machine type to build on.', gcpMachineType),
  disk_size: whole('Size of the boot disk in GiB.', 10, 65536),
  disk_type: text('Type of the boot disk.', { ...label, kind: 'a disk type', hint: 'a disk type looks like pd-ssd' }),
  enable_secure_boot: flag('Secure Boot of a Shielded VM.'),
  enable_vtpm: flag('Virtual TPM of a Shielded VM.'),
  enable_integrity_monitoring: flag('Integrity monitoring of a Shielded VM. Needs enable_vtpm.'),
  image_family: text('Family the image joins.', label),
  image_storage_locations: listOf(
    'Where the image is stored, one region or multi-region.',
    text('Location.', { ...label, kind: 'a storage location', hint: 'a location looks like us-west1 or eu' }),
  ),
  image_guest_os_features: listOf(
    'Guest OS features of the image.',
    text('Feature.', {
      pattern: /^[A-Z][A-Z0-9_]+$/,
      kind: 'a guest OS feature',
      hint: 'a feature looks like UEFI_COMPATIBLE or GVNIC',
    }),
  ),
  kms_key_name: text('Cloud KMS key to encrypt the image with.', {
    pattern: /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
    kind: 'a Cloud KMS key',
    hint: 'write it as in projects/…/locations/…/keyRings/…/cryptoKeys/…',
  }),
  deprecate_after_days: whole('Mark the image deprecated so many days after it was made.', 1, 3650),
  network: text('Network to build in; otherwise the default network.', network),
  subnetwork: text('Subnetwork to build in.', network),
  network_project_id: text('Project of a shared network.', project),
  use_internal_ip: flag('Reach the build instance by its internal address.'),
  omit_external_ip: flag('Give the build instance no external address. Needs use_internal_ip.'),
  use_iap: flag('Reach the build instance through Identity-Aware Proxy.'),
  use_os_login: flag('Log in to the build instance with OS Login.'),
  service_account_email: text('Service account of the build instance.', {
    pattern: /^[^@\s]+@[a-z0-9.-]+$/,
    kind: 'a service account',
    hint: 'write its e-mail address',
  }),
  disable_default_service_account: flag('Give the build instance no service account at all.'),
  scopes: listOf(
    'Access scopes of the build instance.',
    text('Scope.', {
      pattern: /^https:\/\/www\.googleapis\.com\/auth\/[\w.-]+$/,
      kind: 'an access scope',
      hint: 'write its URL, as in https://www.googleapis.com/auth/devstorage.read_only',
    }),
  ),
  tags: listOf('Network tags of the build instance. (Labels of the image come from packer.tags.)', text('Tag.', label)),
  preemptible: flag('Build on a preemptible instance.'),
  extra: extraField('googlecompute'),
})

/** `providers.packer.gcp`. */
export const gcpSection: z.ZodMiniType<Written<GcpSettings>> = lazySection('Building in Google Cloud.', gcpFields)
