import type * as z from 'zod/mini'
import { type Fields, flag, lazySection, oneOf, section, type TextRule, text } from '../fields.ts'
import { storeRule } from '../store-place.ts'
import { type AlibabaReleaseSettings, alibabaReleaseFields } from '../targets/alibaba.ts'
import { type AwsReleaseSettings, awsReleaseFields } from '../targets/aws.ts'
import { type AzureReleaseSettings, azureReleaseFields } from '../targets/azure.ts'
import { type GcpReleaseSettings, gcpReleaseFields } from '../targets/gcp.ts'
import { type OciReleaseSettings, ociReleaseFields } from '../targets/oci.ts'
import { type OpenStackReleaseSettings, openstackReleaseFields } from '../targets/openstack.ts'
import type { Written } from '../written.ts'

/** Who an image is for. `community` is found by whoever looks for it, `public` by everybody. */
export type Audience = 'private' | 'community' | 'public'

/** Where a release goes; by the names of the clouds. */
export interface ReleaseTargets {
  readonly aws?: AwsReleaseSettings
  readonly azure?: AzureReleaseSettings
  readonly gcp?: GcpReleaseSettings
  readonly oci?: OciReleaseSettings
  readonly alibaba?: AlibabaReleaseSettings
  readonly openstack?: OpenStackReleaseSettings
}

/** What `sindri vm publish` makes of a finished disk. */
export interface ReleaseSettings {
  readonly project: string
  readonly version: string
  readonly os: string
  readonly disk: string
  readonly diskSha256?: string
  readonly diskFormat?: 'raw' | 'qcow2' | 'vhd' | 'vmdk' | 'tar.gz'
  readonly architecture: 'x86_64' | 'arm64'
  readonly firmware: 'uefi' | 'bios' | 'both'
  readonly audience: Audience
  readonly allowPublic: boolean
  readonly store: string
  readonly targets: ReleaseTargets
}

const wordPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/

/** A part of a name: what every cloud has room for. */
const word = (kind: string, hint: string): TextRule => ({ pattern: wordPattern, kind, hint })

/** Whether this may be a part of the images’ names, wherever it was said: in the config, in a flag, on the disk. */
export function isReleaseWord(text: string): boolean {
  return wordPattern.test(text)
}

/** In hex. */
export const sha256: TextRule = { pattern: /^[0-9a-fA-F]{64}$/, kind: 'a sha256', hint: 'write its 64 digits of hex' }

const releaseFields = (): Fields<Written<ReleaseSettings>> => ({
  project: text('First part of the image’s name; `name` when it is not given.', word('a name', 'as in garden')),
  version: text('Version of the release.', word('a version', 'as in 1.4.2')),
  os: text(
    'Last part of the image’s name; otherwise what the disk says, as in debian12.',
    word('a name', 'as in debian12'),
  ),
  disk: text(
    'The finished disk: raw, qcow2, VHD, VMDK or a tar.gz with disk.raw. A file, or an https://, s3:// or gs:// address.',
    { reference: true },
  ),
  disk_sha256: text('The sha256 that the disk’s file has to have, as `sha256sum` prints it.', sha256),
  disk_format: oneOf('How the disk is written down; otherwise what is in the file says.', [
    'raw',
    'qcow2',
    'vhd',
    'vmdk',
    'tar.gz',
  ]),
  architecture: oneOf('Processors it runs on; otherwise what the disk says.', ['x86_64', 'arm64']),
  firmware: oneOf('How it boots; otherwise what the disk says.', ['uefi', 'bios', 'both']),
  audience: oneOf('Who the images are for, besides those that are named.', ['private', 'community', 'public']),
  allow_public: flag('Confirms that images for everybody are meant.'),
  store: text(
    'Where the records are kept so that several machines share them: a bucket of S3 or Google Cloud, or a container of Azure; otherwise on this machine.',
    storeRule,
  ),
  targets: section('Where it is published.', {
    aws: section<Written<AwsReleaseSettings>>('AWS.', awsReleaseFields(), ['regions']),
    azure: section<Written<AzureReleaseSettings>>('Azure.', azureReleaseFields(), ['regions']),
    gcp: section<Written<GcpReleaseSettings>>('Google Cloud.', gcpReleaseFields(), ['regions', 'bucket']),
    oci: section<Written<OciReleaseSettings>>('Oracle Cloud.', ociReleaseFields(), ['regions', 'compartment_ocid']),
    alibaba: section<Written<AlibabaReleaseSettings>>('Alibaba Cloud.', alibabaReleaseFields(), ['regions', 'bucket']),
    openstack: section<Written<OpenStackReleaseSettings>>('OpenStack.', openstackReleaseFields()),
  }),
})

/** `release`. */
export const releaseSection: z.ZodMiniType<Written<ReleaseSettings>> = lazySection(
  'Publishing a finished disk.',
  releaseFields,
)
