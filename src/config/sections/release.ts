import type * as z from 'zod/mini'
import { type Fields, flag, lazySection, listOf, oneOf, section, type TextRule, text } from '../fields.ts'
import type { Written } from '../written.ts'
import { awsAccount, awsRegion, organizationArn } from './aws.ts'

/** Who an image is for. `community` is found by whoever looks for it, `public` by everybody. */
export type Audience = 'private' | 'community' | 'public'

/** What `sindri vm publish` makes of a finished disk. */
export interface ReleaseSettings {
  readonly project: string
  readonly version: string
  readonly os: string
  readonly disk: string
  readonly diskFormat?: 'raw' | 'qcow2' | 'vhd' | 'vmdk' | 'tar.gz'
  readonly architecture: 'x86_64' | 'arm64'
  readonly firmware: 'uefi' | 'bios' | 'both'
  readonly audience: Audience
  readonly allowPublic: boolean
  readonly targets: { readonly aws?: AwsReleaseSettings }
}

/** Where and for whom in AWS. */
export interface AwsReleaseSettings {
  /** The first is where the disk is sent; from there it is copied. */
  readonly regions: readonly string[]
  readonly bestEffortRegions: readonly string[]
  readonly accounts: readonly string[]
  readonly organizations: readonly string[]
  readonly organizationalUnits: readonly string[]
  readonly tpm: boolean
  readonly ssmParameter?: string
}

/** A part of a name: what every cloud has room for. */
const word = (kind: string, hint: string): TextRule => ({ pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, kind, hint })

const awsReleaseFields = (): Fields<Written<AwsReleaseSettings>> => ({
  regions: listOf('Regions; the disk is sent to the first and copied from there.', text('Region.', awsRegion)),
  best_effort_regions: listOf(
    'Those of the regions whose failure fails nothing else; the next run tries them again.',
    text('Region.', awsRegion),
  ),
  accounts: listOf('Accounts that may launch the image.', text('Account.', awsAccount)),
  organizations: listOf('Organizations that may launch the image.', text('ARN.', organizationArn('organization', 'o'))),
  organizational_units: listOf(
    'Organizational units that may launch the image.',
    text('ARN.', organizationArn('ou', 'ou')),
  ),
  tpm: flag('Instances have a TPM 2.0; needs UEFI.'),
  ssm_parameter: text('Parameter of the Systems Manager that holds the image’s id in each region.', {
    pattern: /^\/[\w./-]{1,1000}$/,
    kind: 'the name of a parameter',
    hint: 'write it as in /images/golden/latest',
  }),
})

const releaseFields = (): Fields<Written<ReleaseSettings>> => ({
  project: text('First part of the image’s name; `name` when it is not given.', word('a name', 'as in garden')),
  version: text('Version of the release.', word('a version', 'as in 1.4.2')),
  os: text(
    'Last part of the image’s name; otherwise what the disk says, as in debian12.',
    word('a name', 'as in debian12'),
  ),
  disk: text('The finished disk: raw, qcow2, VHD, VMDK or a tar.gz with disk.raw.'),
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
  targets: section('Where it is published.', {
    aws: section<Written<AwsReleaseSettings>>('AWS.', awsReleaseFields(), ['regions']),
  }),
})

/** `release`. */
export const releaseSection: z.ZodMiniType<Written<ReleaseSettings>> = lazySection(
  'Publishing a finished disk.',
  releaseFields,
)
