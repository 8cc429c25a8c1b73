import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import { SindriError } from '../../core/error.ts'
import type { Finding } from '../disk-target.ts'
import type { AwsApis } from './disk-plan.ts'

/** The role by which AWS reads the file, where no other is named. */
const importRole = 'vmimport'
const importer = 'vmie.amazonaws.com'
/** In China services may also be written with its domain. */
const importers: readonly unknown[] = [importer, `${importer}.cn`]
const howTo =
  'make it as in https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html#vmimport-role, with a policy for the bucket'

/** What an import from a bucket would be refused for. https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html (2026-11) */
export async function importFindings(
  apis: AwsApis,
  { import: how, bucket, regions: [home = ''] }: AwsReleaseSettings,
): Promise<readonly Finding[]> {
  if (how !== 's3' || bucket === undefined) return []
  const found = await Promise.all([bucketFindings(apis, home, bucket), roleFindings(apis)])
  return found.flat()
}

async function bucketFindings({ disks }: AwsApis, region: string, bucket: string): Promise<readonly Finding[]> {
  try {
    await disks.objects.checkBucket(region, bucket)
    return []
  } catch (error) {
    const code = error instanceof SindriError ? error.code : undefined
    if (code === 'not-found')
      return [
        {
          level: 'error',
          message: `there is no bucket ${bucket}`,
          hint: `aws s3 mb s3://${bucket} --region ${region}, and let the role ${importRole} read it`,
        },
      ]
    if (code === 'conflict')
      return [
        {
          level: 'error',
          message: `the bucket ${bucket} is not in ${region}, where the disk is imported`,
          hint: 'name a bucket of that region in release.targets.aws.bucket, or put its region first',
        },
      ]
    if (code === 'denied')
      return [
        {
          level: 'error',
          message: `the bucket ${bucket} cannot be looked at: it is another account’s, or s3:ListBucket is not allowed`,
          hint: "'sindri vm permissions --publish' prints all that is needed",
        },
      ]
    throw error
  }
}

async function roleFindings({ disks }: AwsApis): Promise<readonly Finding[]> {
  try {
    const trust = await disks.roleTrust(importRole)
    if (trust === undefined)
      return [
        {
          level: 'error',
          message: `the account has no role ${importRole}, by which AWS reads the disk from S3`,
          hint: howTo,
        },
      ]
    if (lets(trust)) return []
    return [
      {
        level: 'error',
        message: `the role ${importRole} does not let ${importer} assume it with the external id ${importRole}`,
        hint: howTo,
      },
    ]
  } catch (error) {
    if (!(error instanceof SindriError && error.code === 'denied')) throw error
    return [
      {
        level: 'warning',
        message: `these credentials may not look whether the account has the role ${importRole}, without which no import works`,
        hint: 'allow iam:GetRole, or see to it that the role is there',
      },
    ]
  }
}

interface Statement {
  readonly Effect?: unknown
  readonly Action?: unknown
  readonly Principal?: { readonly Service?: unknown }
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** Whether a trust policy lets AWS's importer in. */
function lets(trust: string): boolean {
  let statements: readonly Statement[]
  try {
    // Of a policy everything is asked before it is used.
    const { Statement = [] } = JSON.parse(trust) as { readonly Statement?: Statement | readonly Statement[] }
    statements = [Statement].flat()
  } catch {
    return false
  }
  return statements.some(
    ({ Effect, Action, Principal, Condition }) =>
      Effect === 'Allow' &&
      [Action].flat().includes('sts:AssumeRole') &&
      [Principal?.Service].flat().some((service) => importers.includes(service)) &&
      externalIds(Condition).every((id) => id === importRole),
  )
}

/** Keys of conditions are the same in any case. */
function externalIds(condition: Statement['Condition']): readonly unknown[] {
  return Object.values(condition ?? {}).flatMap((tests) =>
    Object.entries(tests).flatMap(([key, value]) => (key.toLowerCase() === 'sts:externalid' ? [value].flat() : [])),
  )
}
