import type { MissingAction, Permission } from '../cloud.ts'
import type { GcpApi } from './port.ts'

/** Can be granted on one service account, bucket, network or instance alone, and then is not granted on the project. */
const elsewhere = /^(iam\.|iap\.|storage\.|compute\.(networks|subnetworks|instances\.osAdminLogin))/

/** At most this many are asked about at once. https://cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions (2026-11) */
const most = 100

/** Permissions that are not granted on the project, asked of Google itself; none when it does not tell. */
export async function missingPermissions(
  api: GcpApi,
  permissions: readonly Permission[],
): Promise<readonly MissingAction[]> {
  const asked = permissions.map(({ action }) => action).slice(0, most)
  const granted = await api.granted(asked)
  if (granted === undefined) return []
  return asked.filter((action) => !granted.has(action)).map((action) => ({ action, certain: !elsewhere.test(action) }))
}
