import { type Fields, flag, listOf, section, type TextRule, text } from '../fields.ts'
import type { Written } from '../written.ts'
import { type Regions, regionFields, regionsOf } from './regions.ts'
import type { Resolve } from './target.ts'

/** Where and for whom in Google Cloud. An image can be used everywhere; its regions are where its bytes are kept. */
export interface GcpReleaseSettings extends Regions {
  /** Otherwise what GOOGLE_CLOUD_PROJECT says. */
  readonly projectId?: string
  readonly bucket: string
  /** Members of IAM, as in `group:team@example.com`. */
  readonly readers: readonly string[]
  readonly family?: string
  readonly staged: boolean
  readonly guestOsFeatures: readonly string[]
  readonly secureBoot?: GcpSecureBoot
}

/** Files of the keys that instances boot with, in place of Google's: certificates, or signature lists of UEFI. */
export interface GcpSecureBoot {
  readonly platformKey?: string
  readonly keyExchangeKeys: readonly string[]
  readonly signatures: readonly string[]
  readonly forbidden: readonly string[]
}

/** https://cloud.google.com/resource-manager/docs/creating-managing-projects#before_you_begin (2026-11) */
const project: TextRule = {
  pattern: /^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
  kind: 'a project id',
  hint: 'write the id (not the number or the title) as in my-project-1',
}

/** https://cloud.google.com/storage/docs/buckets#naming (2026-11); a name with dots would have to be a domain. */
const bucket: TextRule = {
  pattern: /^(?!goog)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/,
  kind: 'the name of a bucket',
  hint: 'use 3 to 63 lower-case letters, digits, dashes and underscores',
}

/** https://cloud.google.com/compute/docs/images/create-custom#selecting_image_storage_location (2026-11) */
const location: TextRule = {
  pattern: /^[a-z]+(-[a-z]+\d+)?$/,
  kind: 'a storage location',
  hint: 'name a region, as in europe-west1, or one of us, eu and asia',
}

/** RFC 1035. */
const family: TextRule = {
  pattern: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  kind: 'the name of a family',
  hint: 'use up to 63 lower-case letters, digits and dashes, beginning with a letter',
}

/** https://cloud.google.com/iam/docs/principal-identifiers (2026-11); everybody is asked for by `audience`. */
const member: TextRule = {
  pattern:
    /^((user|group|serviceAccount):[a-z0-9._%+'-]+@[a-z0-9.-]+|domain:[a-z0-9.-]+|principal(Set)?:\/\/[\w./:@%-]+)$/,
  kind: 'a principal of IAM',
  hint: 'write it in lower case as in group:team@example.com, user:…, serviceAccount:…, domain:example.com, principalSet://…',
}

const keyFile = text('File: a certificate (DER or PEM), or a signature list.')

const secureBootFields: Fields<Written<GcpSecureBoot>> = {
  platform_key: text('File of the platform key (PK): a certificate (DER or PEM), or a signature list.'),
  key_exchange_keys: listOf('Keys that may change the lists (KEK).', keyFile),
  signatures: listOf('Whose boot loaders run (db).', keyFile),
  forbidden: listOf('Whose do not (dbx).', keyFile),
}

/** `release.targets.gcp`. */
export const gcpReleaseFields = (): Fields<Written<GcpReleaseSettings>> => ({
  ...regionFields(
    'Where images are kept: regions, or us, eu, asia. The disk is sent to the first; each further one gets an image of its own.',
    text('Storage location.', location),
  ),
  project_id: text('Project of the images and of the bucket; otherwise what GOOGLE_CLOUD_PROJECT says.', project),
  bucket: text('Bucket the disk is sent to, for as long as it takes to import it; made in the first region.', bucket),
  readers: listOf('Who may use the images (roles/compute.imageUser).', text('Principal.', member)),
  family: text('Family that the image of the first region joins.', family),
  staged: flag('The images are deprecated, so that the family does not lead to them yet.'),
  guest_os_features: listOf(
    'What the system on the disk can do; otherwise GVNIC and VIRTIO_SCSI_MULTIQUEUE. UEFI_COMPATIBLE comes from the firmware.',
    text('Feature.', {
      pattern: /^[A-Z][A-Z0-9_]+$/,
      kind: 'a guest OS feature',
      hint: 'a feature looks like SEV_CAPABLE',
    }),
  ),
  secure_boot: section<Written<GcpSecureBoot>>(
    'Keys of your own for Secure Boot; what is left out is Google’s.',
    secureBootFields,
  ),
})

/** With defaults. */
export const gcpRelease: Resolve<GcpReleaseSettings> = (gcp, complain) => {
  const { secure_boot: keys } = gcp
  if (keys !== undefined && Object.values(keys).flat().length === 0)
    complain('secure_boot', 'names no key', 'name the file of one, or leave it out: Google’s keys are used then')
  if (gcp.bucket === undefined) complain('bucket', 'is missing', 'name one; it is made when there is none')
  return {
    ...regionsOf(gcp, complain),
    ...(gcp.project_id !== undefined && { projectId: gcp.project_id }),
    bucket: gcp.bucket ?? '',
    readers: [...new Set(gcp.readers ?? [])],
    ...(gcp.family !== undefined && { family: gcp.family }),
    staged: gcp.staged ?? false,
    guestOsFeatures: gcp.guest_os_features ?? ['GVNIC', 'VIRTIO_SCSI_MULTIQUEUE'],
    ...(keys !== undefined && {
      secureBoot: {
        ...(keys.platform_key !== undefined && { platformKey: keys.platform_key }),
        keyExchangeKeys: keys.key_exchange_keys ?? [],
        signatures: keys.signatures ?? [],
        forbidden: keys.forbidden ?? [],
      },
    }),
  }
}
