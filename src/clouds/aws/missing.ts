import type { Permission } from '../cloud.ts'
import type { AwsApi } from './port.ts'

/**
 * Actions that EC2 would not allow: each is asked as a dry run, which checks the permission and does nothing.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html (DryRun, read 2026-11)
 */
export async function missingActions(
  api: AwsApi,
  region: string,
  permissions: readonly Permission[],
): Promise<readonly string[]> {
  const asked = await Promise.all(
    permissions.map(async ({ action }) => ((await api.denies(region, action)) ? [action] : [])),
  )
  return asked.flat()
}
