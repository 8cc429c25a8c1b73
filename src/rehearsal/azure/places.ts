import { azureError } from './azure-error.ts'

/** The resource group of images where a config names none. */
export const imageGroup = 'images'

/** Locations, by name, with the names people read. https://learn.microsoft.com/azure/reliability/regions-list (2026-11) */
const locations: Readonly<Record<string, string>> = {
  eastus: 'East US',
  eastus2: 'East US 2',
  westus2: 'West US 2',
  westus3: 'West US 3',
  northeurope: 'North Europe',
  westeurope: 'West Europe',
  uksouth: 'UK South',
  germanywestcentral: 'Germany West Central',
  southeastasia: 'Southeast Asia',
  japaneast: 'Japan East',
}

/** The name of a location that may be written as people read it. */
export function locationIn(value: unknown): string {
  const name = String(value ?? '')
    .replaceAll(' ', '')
    .toLowerCase()
  if (locations[name] !== undefined) return name
  throw azureError(
    400,
    'LocationNotAvailableForResourceType',
    `The provided location '${name}' is not available. List of available regions is '${Object.keys(locations).join(',')}'.`,
  )
}

/** The locations as Azure lists them. */
export function locationList(subscription: string): readonly object[] {
  return Object.entries(locations).map(([name, displayName]) => ({
    id: `/subscriptions/${subscription}/locations/${name}`,
    name,
    displayName,
    regionalDisplayName: displayName,
    type: 'Region',
    metadata: { regionType: 'Physical', regionCategory: 'Recommended' },
  }))
}

/** The one tenant, application and service principal there are, and the subscription the rehearsal names. */
export const account = {
  tenant: '5a1d0000-0000-4000-8000-000000000001',
  client: '5a1d0000-0000-4000-8000-000000000002',
  principal: '5a1d0000-0000-4000-8000-000000000003',
  subscription: '5a1d0000-0000-4000-8000-000000000004',
} as const

/** The domains the stand-in answers for. */
export const azureDomains: readonly string[] = ['azure.com', 'microsoftonline.com', 'windows.net']

const hosts = ['management.azure.com', 'login.microsoftonline.com', 'login.windows.net']

const blobHost = /^([a-z0-9]{3,24})\.blob\.core\.windows\.net$/

/** True for hosts of Azure's that the stand-in answers for. */
export function isAzureHost(host: string): boolean {
  return hosts.includes(host.toLowerCase()) || blobHost.test(host.toLowerCase())
}

/** The storage account whose blobs a host has; undefined for every other host. */
export function accountOfHost(host: string): string | undefined {
  return blobHost.exec(host.toLowerCase())?.[1]
}

/** A location as people read it. */
export function displayName(location: string): string {
  return locations[location] ?? location
}
