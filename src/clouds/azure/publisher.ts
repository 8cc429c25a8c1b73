import { SindriError } from '../../core/error.ts'
import type { Publisher } from '../disk-target.ts'

/** Azure: a VHD in a page blob, a version of a gallery image of it, replicas of that. */
export const azurePublisher: Publisher = {
  id: 'azure',
  title: 'Azure',
  async connect({ azure: settings }, environment) {
    if (settings === undefined) throw new SindriError('config', 'release.targets.azure is missing')
    const given = (setting: string, value: string | undefined, ...names: readonly string[]): string => {
      const found = value ?? names.map((name) => environment[name] ?? '').find((one) => one !== '')
      if (found !== undefined) return found
      throw new SindriError('config', `release.targets.azure.${setting} is not set`, {
        hint: `set it in sindri.yaml, or ${names[0]} in the environment`,
      })
    }
    const subscription = given(
      'subscription_id',
      settings.subscriptionId,
      'AZURE_SUBSCRIPTION_ID',
      'ARM_SUBSCRIPTION_ID',
    )
    const group = given('resource_group', settings.resourceGroup, 'AZURE_RESOURCE_GROUP')
    const [{ connectAzure }, { connectAzureDisk }, { azureDiskTarget }] = await Promise.all([
      import('./api.ts'),
      import('./disk-api.ts'),
      import('./disk-target.ts'),
    ])
    const home = { subscription, tenant: settings.tenantId, environment }
    return azureDiskTarget(
      { images: connectAzure(home), disks: connectAzureDisk(home) },
      { subscription, group, settings },
    )
  },
}
