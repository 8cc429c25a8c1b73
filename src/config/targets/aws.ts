import { type Fields, flag, listOf, oneOf, type TextRule, text } from '../fields.ts'
import { awsAccount, awsRegion, organizationArn } from '../sections/aws.ts'
import type { Written } from '../written.ts'
import { type Regions, regionsOf } from './regions.ts'
import type { Resolve } from './target.ts'

/** Where and for whom in AWS; what is sent to the first region is copied to the others. */
export interface AwsReleaseSettings extends Regions {
  readonly accounts: readonly string[]
  readonly organizations: readonly string[]
  readonly organizationalUnits: readonly string[]
  readonly tpm: boolean
  /** How the disk comes to AWS: block by block, or as a file in a bucket. */
  readonly import: 'ebs' | 's3'
  readonly bucket?: string
  /** The file; what is in it once it was read. */
  readonly uefiData?: string
  /** ISO 8601. */
  readonly deprecationDate?: string
  readonly disableEncryptionByDefault: boolean
  readonly ssmParameter?: string
}

const moment: TextRule = {
  pattern: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?Z$/,
  kind: 'a time in UTC',
  hint: 'write it as in 2027-01-31T00:00:00Z',
}

/** A region, or all of those that the account may use. */
const place: TextRule = { ...awsRegion, pattern: /^(all|[a-z]{2,4}(-[a-z]+)+-\d{1,2})$/ }

/** `release.targets.aws`. */
export const awsReleaseFields = (): Fields<Written<AwsReleaseSettings>> => ({
  regions: listOf(
    'Regions; the disk is sent to the first and copied from there. `all`, behind the first: every region the account may use.',
    text('Region.', place),
  ),
  best_effort_regions: listOf(
    'Those of the regions whose failure fails nothing else; the next run tries them again. `all`: those that are not named.',
    text('Region.', place),
  ),
  accounts: listOf('Accounts that may launch the image.', text('Account.', awsAccount)),
  organizations: listOf('Organizations that may launch the image.', text('ARN.', organizationArn('organization', 'o'))),
  organizational_units: listOf(
    'Organizational units that may launch the image.',
    text('ARN.', organizationArn('ou', 'ou')),
  ),
  import: oneOf(
    '`ebs`: the disk is sent to a snapshot, block by block; `s3`: as a file to `bucket`, from where AWS imports it.',
    ['ebs', 's3'],
  ),
  bucket: text('Bucket of the first region that the disk goes through; with `import: s3` only.', {
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    kind: 'the name of a bucket',
    hint: 'write it as in golden-disks',
  }),
  tpm: flag('Instances have a TPM 2.0; needs UEFI.'),
  uefi_data: text(
    'File with variables of the firmware (keys of Secure Boot), in base64 as of `python-uefivars -o aws`; needs UEFI.',
  ),
  deprecation_date: text(
    'When the images are deprecated: others no longer find them, and those who know the id still use them.',
    moment,
  ),
  disable_encryption_by_default: flag(
    'Where a region encrypts by default, that is turned off while the import begins there, and on again.',
  ),
  ssm_parameter: text('Parameter of the Systems Manager that holds the image’s id in each region.', {
    pattern: /^\/[\w./-]{1,1000}$/,
    kind: 'the name of a parameter',
    hint: 'write it as in /images/golden/latest',
  }),
})

/** Parts of AWS that know nothing of each other. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html (2026-11) */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

/** With defaults. */
export const awsRelease: Resolve<AwsReleaseSettings> = (aws, complain) => {
  if (aws.import === 's3' && aws.bucket === undefined)
    complain('bucket', 'is missing', 'name a bucket of the first region, or leave import: s3 out')
  if (aws.import !== 's3' && aws.bucket !== undefined)
    complain('bucket', 'is not used: the disk goes to a snapshot block by block', 'set import: s3, or leave it out')
  const everywhere = aws.regions?.includes('all') === true
  const [home = '', ...others] = aws.regions ?? []
  const foreign = others.find((region) => region !== 'all' && partitionOf(region) !== partitionOf(home))
  if (foreign !== undefined)
    complain(
      'regions',
      `${foreign} is in the partition ${partitionOf(foreign)}, and ${home} in ${partitionOf(home)}`,
      'no image is copied from one to the other: give it a sindri.yaml of its own, with credentials and a disk of its own',
    )
  if (home === 'all') complain('regions', 'does not say where the disk is sent', 'name that region before all')
  // Those that come by `all` are only known to the account.
  const named = (aws.best_effort_regions ?? []).filter((region) => !everywhere || region === home)
  return {
    ...regionsOf({ ...aws, best_effort_regions: named }, complain),
    ...(everywhere && { bestEffortRegions: aws.best_effort_regions ?? [] }),
    import: aws.import ?? 'ebs',
    ...(aws.bucket !== undefined && { bucket: aws.bucket }),
    accounts: aws.accounts ?? [],
    organizations: aws.organizations ?? [],
    organizationalUnits: aws.organizational_units ?? [],
    tpm: aws.tpm ?? false,
    ...(aws.uefi_data !== undefined && { uefiData: aws.uefi_data }),
    ...(aws.deprecation_date !== undefined && { deprecationDate: aws.deprecation_date }),
    disableEncryptionByDefault: aws.disable_encryption_by_default ?? false,
    ...(aws.ssm_parameter !== undefined && { ssmParameter: aws.ssm_parameter }),
  }
}
