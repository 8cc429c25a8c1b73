import { type RehearsedCloud, rehearsedCloud } from '../kit/stand-in.ts'
import { account, azureDomains, imageGroup, isAzureHost } from './places.ts'
import { openPrincipal, secretIn } from './principal.ts'
import { emptyRecords } from './records.ts'
import { azureResources } from './resources.ts'
import { readRole } from './role.ts'

/** Azure Resource Manager, and the login of Microsoft Entra. */
export const azure: RehearsedCloud<'azure', ReturnType<typeof azureResources>> = rehearsedCloud({
  id: 'azure',
  block: 160,
  domains: azureDomains,
  isHost: isAzureHost,
  environment: ({ folder }) => ({
    AZURE_CLIENT_ID: account.client,
    AZURE_CLIENT_SECRET: secretIn(folder),
    AZURE_TENANT_ID: account.tenant,
    AZURE_SUBSCRIPTION_ID: account.subscription,
    AZURE_RESOURCE_GROUP: imageGroup,
  }),
  own: ['AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'AZURE_TENANT_ID', 'AZURE_SUBSCRIPTION_ID', 'AZURE_RESOURCE_GROUP'],
  account: account.client,
  accounts: /^(AZURE_(?!RESOURCE_GROUP$)|ARM_|ACTIONS_ID_TOKEN_REQUEST_|MSI_|IDENTITY_)/,
  emptyRecords,
  resources: azureResources,
  readPolicy: readRole,
  async load() {
    const [{ reconcile }, { azureStandIn }] = await Promise.all([import('./reconcile.ts'), import('./stand-in.ts')])
    return {
      reconcile,
      standIn: (options) => azureStandIn({ ...options, principal: openPrincipal(options.folder) }),
    }
  },
})
