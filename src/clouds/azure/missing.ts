import type { MissingAction, Permission } from '../cloud.ts'
import { onData } from './permissions.ts'
import type { AzureApi, Grant } from './port.ts'
import type { AzureImageSettings } from './settings.ts'

/**
 * Actions that are granted neither in the subscription nor in the resource group of the images, asked of Azure itself;
 * none when it does not tell. Where the config names other groups they may be granted there.
 */
export async function missingActions(
  api: AzureApi,
  group: string,
  settings: AzureImageSettings,
  permissions: readonly Permission[],
): Promise<readonly MissingAction[]> {
  const [everywhere, here] = await Promise.all([api.grants(undefined), api.grants(group)])
  if (everywhere === undefined && here === undefined) return []
  const elsewhere =
    settings.buildResourceGroupName !== undefined ||
    settings.virtualNetworkName !== undefined ||
    settings.gallery?.resourceGroup !== undefined
  const grants = [...(everywhere ?? []), ...(here ?? [])]
  return permissions
    .filter(({ action }) => !grants.some((grant) => allows(grant, action)))
    .map(({ action }) => ({ action, certain: !elsewhere }))
}

/** https://learn.microsoft.com/azure/role-based-access-control/role-definitions#how-to-determine-permissions (2026-11) */
export function allows({ actions, not, data, notData }: Grant, action: string): boolean {
  const [granted, taken] = onData.test(action) ? [data, notData] : [actions, not]
  return granted.some((pattern) => covers(pattern, action)) && !taken.some((pattern) => covers(pattern, action))
}

function covers(pattern: string, action: string): boolean {
  const words = pattern.split('*').map((word) => word.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${words.join('.*')}$`, 'i').test(action)
}
