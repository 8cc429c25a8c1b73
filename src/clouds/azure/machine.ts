import type { AzureImageSettings } from './settings.ts'

/** What instances get besides what the request says. */
export type MachineSettings = Pick<
  AzureImageSettings,
  'secureBootEnabled' | 'vtpmEnabled' | 'securityType' | 'encryptionAtHost' | 'storageAccountType'
>

interface Placed {
  readonly location: string
  readonly tags: Readonly<Record<string, string>>
}

/** https://learn.microsoft.com/rest/api/virtualnetwork/network-security-groups/create-or-update (2026-11) */
export function securityGroup(placed: Placed, sourceRanges: readonly string[]): object {
  const properties = {
    description: 'SSH to an instance deployed by Sindri',
    access: 'Allow',
    direction: 'Inbound',
    priority: 100,
    protocol: 'Tcp',
    sourceAddressPrefixes: sourceRanges,
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '22',
  }
  // Without a range there is no rule: what Azure has by itself lets nobody in from outside.
  const securityRules = sourceRanges.length === 0 ? [] : [{ name: 'ssh', properties }]
  return { ...placed, properties: { securityRules } }
}

/** A network with one subnet, called `default`. https://learn.microsoft.com/rest/api/virtualnetwork/virtual-networks/create-or-update (2026-11) */
export function network(placed: Placed): object {
  return {
    ...placed,
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'default', properties: { addressPrefix: '10.0.0.0/24' } }],
    },
  }
}

/** https://learn.microsoft.com/rest/api/virtualnetwork/public-ip-addresses/create-or-update (2026-11); Azure gives out no Basic ones. */
export function publicAddress(placed: Placed): object {
  return {
    ...placed,
    sku: { name: 'Standard' },
    properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' },
  }
}

/** https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/create-or-update (2026-11) */
export function networkInterface(
  placed: Placed,
  ids: { readonly securityGroup: string; readonly subnet: string; readonly address: string },
): object {
  return {
    ...placed,
    properties: {
      networkSecurityGroup: { id: ids.securityGroup },
      ipConfigurations: [
        {
          name: 'ipconfig',
          properties: {
            privateIPAllocationMethod: 'Dynamic',
            subnet: { id: ids.subnet },
            publicIPAddress: { id: ids.address },
          },
        },
      ],
    },
  }
}

/** https://learn.microsoft.com/rest/api/compute/virtual-machines/create-or-update (2026-11) */
export function virtualMachine(
  placed: Placed,
  wanted: {
    readonly name: string
    readonly size: string
    readonly image: string
    readonly user: string
    readonly publicKey: string
    readonly networkInterface: string
    readonly settings: MachineSettings
  },
): object {
  const { name, size, image, user, publicKey, settings } = wanted
  return {
    ...placed,
    properties: {
      hardwareProfile: { vmSize: size },
      storageProfile: {
        imageReference: { id: image },
        osDisk: {
          name,
          createOption: 'FromImage',
          deleteOption: 'Delete',
          managedDisk: { storageAccountType: settings.storageAccountType },
        },
      },
      osProfile: {
        computerName: name,
        adminUsername: user,
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: { publicKeys: [{ path: `/home/${user}/.ssh/authorized_keys`, keyData: publicKey }] },
        },
      },
      networkProfile: {
        networkInterfaces: [{ id: wanted.networkInterface, properties: { primary: true, deleteOption: 'Delete' } }],
      },
      ...securityProfile(settings),
    },
  }
}

/** Azure takes firmware settings only of a machine with a security type. */
function securityProfile({ securityType, secureBootEnabled, vtpmEnabled, encryptionAtHost }: MachineSettings): object {
  const trusted = secureBootEnabled === true || vtpmEnabled === true ? 'TrustedLaunch' : undefined
  const type = securityType ?? trusted
  if (type === undefined && encryptionAtHost === undefined) return {}
  return {
    securityProfile: {
      ...(encryptionAtHost !== undefined && { encryptionAtHost }),
      ...(type && { securityType: type, uefiSettings: { secureBootEnabled, vTpmEnabled: vtpmEnabled } }),
    },
  }
}
