import { type Fields, flag, listOf, text } from '../fields.ts'
import { awsAccount, awsRegion, organizationArn } from '../sections/aws.ts'
import type { Written } from '../written.ts'
import { type Regions, type Resolve, regionsOf } from './target.ts'

/** Where and for whom in AWS; what is sent to the first region is copied to the others. */
export interface AwsReleaseSettings extends Regions {
  readonly accounts: readonly string[]
  readonly organizations: readonly string[]
  readonly organizationalUnits: readonly string[]
  readonly tpm: boolean
  readonly disableEncryptionByDefault: boolean
  readonly ssmParameter?: string
}

/** `release.targets.aws`. */
export const awsReleaseFields = (): Fields<Written<AwsReleaseSettings>> => ({
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
  disable_encryption_by_default: flag(
    'Where a region encrypts by default, that is turned off while the import begins there, and on again.',
  ),
  ssm_parameter: text('Parameter of the Systems Manager that holds the image’s id in each region.', {
    pattern: /^\/[\w./-]{1,1000}$/,
    kind: 'the name of a parameter',
    hint: 'write it as in /images/golden/latest',
  }),
})

/** With defaults. */
export const awsRelease: Resolve<AwsReleaseSettings> = (aws, complain) => ({
  ...regionsOf(aws, complain),
  accounts: aws.accounts ?? [],
  organizations: aws.organizations ?? [],
  organizationalUnits: aws.organizational_units ?? [],
  tpm: aws.tpm ?? false,
  disableEncryptionByDefault: aws.disable_encryption_by_default ?? false,
  ...(aws.ssm_parameter !== undefined && { ssmParameter: aws.ssm_parameter }),
})
