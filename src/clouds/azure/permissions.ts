import type { Resolved } from '../../config/resolved.ts'
import type { Permission } from '../cloud.ts'
import { type AzureBase, baseOf } from './bases.ts'
import { type AzureImageSettings, azureOf } from './settings.ts'

type Actions = Readonly<Record<string, readonly string[]>>

/**
 * What azure-arm calls for every template, read in the source of plugin 2.6, under the names of
 * https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations.
 * It deploys an ARM template, so its credentials need what that template makes as well.
 */
const always: Actions = {
  'find the resource groups': ['Microsoft.Resources/subscriptions/resourceGroups/read'],
  'deploy the build machine, and remove the deployment': [
    'Microsoft.Resources/deployments/read',
    'Microsoft.Resources/deployments/write',
    'Microsoft.Resources/deployments/delete',
    'Microsoft.Resources/deployments/validate/action',
    'Microsoft.Resources/deployments/operations/read',
    'Microsoft.Resources/deployments/operationstatuses/read',
    'Microsoft.Resources/subscriptions/operationresults/read',
  ],
  'run the build machine, and remove it': [
    'Microsoft.Compute/virtualMachines/read',
    'Microsoft.Compute/virtualMachines/write',
    'Microsoft.Compute/virtualMachines/delete',
    'Microsoft.Compute/virtualMachines/deallocate/action',
    'Microsoft.Compute/virtualMachines/generalize/action',
    'Microsoft.Compute/disks/read',
    'Microsoft.Compute/disks/write',
    'Microsoft.Compute/disks/delete',
    'Microsoft.Compute/locations/operations/read',
    'Microsoft.Compute/locations/diskOperations/read',
  ],
  'connect the build machine': [
    'Microsoft.Network/networkInterfaces/read',
    'Microsoft.Network/networkInterfaces/write',
    'Microsoft.Network/networkInterfaces/delete',
    'Microsoft.Network/networkInterfaces/join/action',
    'Microsoft.Network/virtualNetworks/read',
    'Microsoft.Network/virtualNetworks/subnets/read',
    'Microsoft.Network/virtualNetworks/subnets/join/action',
    'Microsoft.Network/locations/operations/read',
    'Microsoft.Network/locations/operationResults/read',
  ],
}

/** What Sindri itself calls, whatever the config: `api.ts` asks for these, and Azure for those that go with them. */
export const sindriActions: Actions = {
  'tell whose credentials these are, and what they allow': [
    'Microsoft.Authorization/permissions/read',
    'Microsoft.Resources/subscriptions/read',
  ],
  'make the resource group of the images': [
    'Microsoft.Resources/subscriptions/resourceGroups/read',
    'Microsoft.Resources/subscriptions/resourceGroups/write',
  ],
  'find images, and remove them': ['Microsoft.Compute/images/read', 'Microsoft.Compute/images/delete'],
  'deploy instances': [
    'Microsoft.Compute/disks/write',
    'Microsoft.Compute/sshPublicKeys/read',
    'Microsoft.Compute/virtualMachines/read',
    'Microsoft.Compute/virtualMachines/write',
    'Microsoft.Network/networkInterfaces/join/action',
    'Microsoft.Network/networkInterfaces/read',
    'Microsoft.Network/networkInterfaces/write',
    'Microsoft.Network/networkSecurityGroups/join/action',
    'Microsoft.Network/networkSecurityGroups/read',
    'Microsoft.Network/networkSecurityGroups/write',
    'Microsoft.Network/publicIPAddresses/join/action',
    'Microsoft.Network/publicIPAddresses/read',
    'Microsoft.Network/publicIPAddresses/write',
    'Microsoft.Network/virtualNetworks/read',
    'Microsoft.Network/virtualNetworks/subnets/join/action',
    'Microsoft.Network/virtualNetworks/write',
  ],
  'remove instances and what a killed build left': [
    'Microsoft.Compute/virtualMachines/delete',
    'Microsoft.Resources/subscriptions/resourceGroups/delete',
    'Microsoft.Resources/subscriptions/resourceGroups/resources/read',
  ],
}

/** What Sindri itself calls for a gallery, and for a group that exists. */
function optionalSindriActions({ gallery, buildResourceGroupName }: AzureImageSettings): Actions {
  const version = 'Microsoft.Compute/galleries/images/versions'
  return {
    'find gallery versions, change and remove them':
      gallery === undefined ? [] : [`${version}/read`, `${version}/write`, `${version}/delete`],
    'remove what a killed build left in a group that stays':
      buildResourceGroupName === undefined
        ? []
        : [
            'Microsoft.Compute/disks/delete',
            'Microsoft.Network/networkInterfaces/delete',
            'Microsoft.Network/networkSecurityGroups/delete',
            'Microsoft.Network/publicIPAddresses/delete',
            'Microsoft.Network/virtualNetworks/delete',
          ],
  }
}

/** What a build asks for only when its machine is provisioned, and without which something is left behind. */
const late = /\/(delete|deallocate\/action|generalize\/action)$|\/images\/write$|\/versions\/write$/

/** The actions this config needs, each once, with its first reason. */
export function permissionsOf(resolved: Resolved): readonly Permission[] {
  const azure = azureOf(resolved)
  const base = baseOf(resolved.build)
  const found = new Map<string, Permission>()
  const packer = { ...always, ...optionalActions(azure, base) }
  for (const [purpose, actions] of Object.entries(packer))
    for (const action of actions) {
      if (!found.has(action)) found.set(action, { action, by: 'packer', purpose, late: late.test(action) })
    }
  for (const [purpose, actions] of Object.entries({ ...sindriActions, ...optionalSindriActions(azure) }))
    for (const action of actions) {
      if (!found.has(action)) found.set(action, { action, by: 'sindri', purpose, late: false })
    }
  return [...found.values()].sort((a, b) => (a.action < b.action ? -1 : 1))
}

/** What single settings of the config add. */
function optionalActions(azure: AzureImageSettings, base: AzureBase): Actions {
  const { gallery, virtualNetworkName: network } = azure
  const when = (condition: boolean, ...actions: readonly string[]): readonly string[] => (condition ? actions : [])
  return {
    'make a temporary resource group, and remove it': when(
      azure.buildResourceGroupName === undefined,
      'Microsoft.Resources/subscriptions/resourceGroups/write',
      'Microsoft.Resources/subscriptions/resourceGroups/delete',
    ),
    'make a temporary network, and remove it': when(
      network === undefined,
      'Microsoft.Network/virtualNetworks/write',
      'Microsoft.Network/virtualNetworks/delete',
      'Microsoft.Network/virtualNetworks/subnets/write',
      'Microsoft.Network/networkSecurityGroups/read',
      'Microsoft.Network/networkSecurityGroups/write',
      'Microsoft.Network/networkSecurityGroups/delete',
      'Microsoft.Network/networkSecurityGroups/join/action',
    ),
    'reach the build machine by a public address': when(
      network === undefined || azure.privateVirtualNetworkWithPublicIp === true,
      'Microsoft.Network/publicIPAddresses/read',
      'Microsoft.Network/publicIPAddresses/write',
      'Microsoft.Network/publicIPAddresses/delete',
      'Microsoft.Network/publicIPAddresses/join/action',
    ),
    'make the managed image': when(
      gallery === undefined || base.kind === 'managed',
      'Microsoft.Compute/images/read',
      'Microsoft.Compute/images/write',
    ),
    'publish the gallery version': when(
      gallery !== undefined,
      'Microsoft.Compute/galleries/read',
      'Microsoft.Compute/galleries/images/read',
      'Microsoft.Compute/galleries/images/versions/read',
      'Microsoft.Compute/galleries/images/versions/write',
    ),
    'start from a gallery image': when(
      base.kind === 'gallery',
      'Microsoft.Compute/galleries/read',
      'Microsoft.Compute/galleries/images/read',
      'Microsoft.Compute/galleries/images/versions/read',
    ),
    'encrypt with a disk encryption set': when(
      azure.diskEncryptionSetId !== undefined,
      'Microsoft.Compute/diskEncryptionSets/read',
    ),
    'give the build machine its identities': when(
      azure.userAssignedManagedIdentities.length > 0,
      'Microsoft.ManagedIdentity/userAssignedIdentities/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
    ),
  }
}

/** Actions on what is in a storage account: role definitions list them apart. */
export const onData: RegExp = /\/containers\/blobs\//

/**
 * A custom role that allows exactly these actions, as `az role definition create` takes it. A subscription that the
 * config takes from the environment is written as a shell would expand it.
 * https://learn.microsoft.com/azure/role-based-access-control/role-definitions#role-definition
 * @param resolved undefined where nothing is built
 */
export function roleOf(permissions: readonly Permission[], resolved: Resolved | undefined): unknown {
  const given = resolved && azureOf(resolved).subscriptionId
  const subscription = typeof given === 'string' ? given : `\${${given?.environment ?? 'AZURE_SUBSCRIPTION_ID'}}`
  const actions = permissions.map(({ action }) => action)
  return {
    ...(resolved === undefined
      ? { Name: 'Sindri image publisher', IsCustom: true, Description: 'Publishes finished disks as gallery images' }
      : {
          Name: 'Sindri image builder',
          IsCustom: true,
          Description: 'Builds virtual machine images with Packer, and deploys them',
        }),
    Actions: actions.filter((action) => !onData.test(action)),
    NotActions: [],
    DataActions: actions.filter((action) => onData.test(action)),
    NotDataActions: [],
    AssignableScopes: [`/subscriptions/${subscription}`],
  }
}
