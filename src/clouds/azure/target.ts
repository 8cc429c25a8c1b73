import type { Resolved } from '../../config/resolved.ts'
import { callerRange } from '../caller-range.ts'
import type { Environment, Target } from '../cloud.ts'
import { azureImages } from './images.ts'
import { azureLaunch } from './launch.ts'
import { missingActions } from './missing.ts'
import type { AzureApi, AzureHome } from './port.ts'
import { azurePublish } from './publish.ts'
import { azureOf, fieldOf } from './settings.ts'

/** Azure with credentials at hand. @throws SindriError `config` when no subscription or resource group is named */
export function azureTarget(
  connect: (home: AzureHome) => AzureApi,
  resolved: Resolved,
  environment: Environment,
): Target {
  const settings = azureOf(resolved)
  const subscription = fieldOf('subscription_id', settings.subscriptionId, environment)
  const group = fieldOf('resource_group', settings.resourceGroup, environment)
  const tenant = settings.tenantId === undefined ? undefined : fieldOf('tenant_id', settings.tenantId, environment)
  const { gallery } = settings
  const definition =
    gallery &&
    `/subscriptions/${subscription}/resourceGroups/${gallery.resourceGroup ?? group}/providers/Microsoft.Compute/galleries/${gallery.galleryName}/images/${gallery.imageName}`
  const api = connect({ subscription, tenant, environment })
  return {
    identity: async () => `${await api.identity()} (subscription ${subscription})`,
    missing: (permissions) => missingActions(api, group, settings, permissions),
    callerRange: () =>
      callerRange(
        'give the ranges that may connect with --ssh-source-range, or for a build in azure.allowed_inbound_ip_addresses',
      ),
    images: azureImages(api, { group, definition }),
    publish: azurePublish(api, { group, settings, definition }),
    launch: azureLaunch(api, { group, settings }),
  }
}
