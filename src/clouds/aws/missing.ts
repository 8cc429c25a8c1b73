import type { MissingAction, Permission } from '../cloud.ts'
import type { AwsApi } from './port.ts'

/**
 * Actions that EC2 would not allow: each is asked as a dry run, which checks the permission and does nothing.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (DryRun, read 2026-11)
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html (resource types by action)
 */
export async function missingActions(
  api: AwsApi,
  region: string,
  permissions: readonly Permission[],
): Promise<readonly MissingAction[]> {
  const asked = await Promise.all(
    permissions.map(async ({ action }) => {
      if (!(await api.denies(region, action))) return []
      // All but the listing actions can be allowed for some resources only, and the dry run names one that does not exist.
      return [{ action, certain: /^ec2:Describe\w+s$/.test(action) }]
    }),
  )
  return asked.flat()
}
