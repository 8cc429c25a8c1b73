import { type Fields, flag, listOf, oneOf, section, type TextRule, text, whole } from '../fields.ts'
import { azureLocation, dateAndTime, resourceGroup, uuid } from '../sections/azure.ts'
import type { Written } from '../written.ts'
import { type Regions, regionFields, regionsOf } from './regions.ts'
import type { Resolve } from './target.ts'

/** Where and for whom in Azure; the disk becomes a version of a gallery image in the first region, replicated to the others. */
export interface AzureReleaseSettings extends Regions {
  /** Otherwise that of the environment, as with those that follow. */
  readonly subscriptionId?: string
  readonly tenantId?: string
  readonly resourceGroup?: string
  readonly storageAccount?: string
  readonly gallery?: string
  readonly image?: string
  readonly imageVersion?: string
  readonly publisher?: string
  readonly offer?: string
  readonly sku?: string
  readonly trustedLaunch: boolean
  readonly nvme: boolean
  readonly acceleratedNetworking: boolean
  readonly replicas: number
  readonly storageAccountType: 'Standard_LRS' | 'Standard_ZRS' | 'Premium_LRS'
  readonly excludeFromLatest: boolean
  readonly endOfLifeDate?: string
  /** Object ids of users, groups and service principals. */
  readonly readers: readonly string[]
  readonly community?: AzureCommunity
}

/** What a gallery that is open to everybody tells about its publisher. */
export interface AzureCommunity {
  readonly publisherUri: string
  readonly publisherContact: string
  readonly eula: string
  readonly publicNamePrefix: string
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules (2026-11) */
const nameRules = {
  account: {
    pattern: /^[a-z0-9]{3,24}$/,
    kind: 'the name of a storage account',
    hint: 'use 3 to 24 lower-case letters and digits',
  },
  gallery: {
    pattern: /^[A-Za-z0-9]([\w.]{0,78}[A-Za-z0-9])?$/,
    kind: 'the name of a gallery',
    hint: 'use up to 80 letters, digits, dots and underscores; begin and end with a letter or digit',
  },
  image: {
    pattern: /^[A-Za-z0-9]([\w.-]{0,78}[A-Za-z0-9])?$/,
    kind: 'the name of an image definition',
    hint: 'use up to 80 letters, digits, and . _ -; begin and end with a letter or digit',
  },
  word: {
    pattern: /^[A-Za-z0-9]([\w.-]{0,62}[A-Za-z0-9_-])?$/,
    kind: 'a word Azure takes here',
    hint: 'use up to 64 letters, digits, and . _ -',
  },
  prefix: { pattern: /^[A-Za-z0-9]{5,16}$/, kind: 'a public prefix', hint: 'use 5 to 16 letters and digits' },
  page: { pattern: /^https?:\/\/\S+$/, kind: 'the address of a page', hint: 'write it as in https://example.com' },
} as const satisfies Readonly<Record<string, TextRule>>

/** An id that is not read from the environment here. */
const id: TextRule = { ...uuid, reference: false, hint: 'write it as in 00000000-0000-0000-0000-000000000000' }

const communityFields: Fields<Written<AzureCommunity>> = {
  publisher_uri: text('Page of the publisher.', nameRules.page),
  publisher_contact: text('Mail address or page where the publisher is reached.'),
  eula: text('Terms of use: a page or the text.'),
  public_name_prefix: text('Beginning of the gallery’s public name; Azure adds a UUID.', nameRules.prefix),
}

/** `release.targets.azure`. */
export const azureReleaseFields = (): Fields<Written<AzureReleaseSettings>> => ({
  ...regionFields(
    'Locations; the disk is sent to the first and replicated from there.',
    text('Location.', azureLocation),
  ),
  subscription_id: text('Subscription; otherwise AZURE_SUBSCRIPTION_ID of the environment.', id),
  tenant_id: text('Tenant of the subscription; otherwise that of the environment, or the one Azure names.', id),
  resource_group: text(
    'Resource group of all that is made; otherwise AZURE_RESOURCE_GROUP of the environment. Made if absent.',
    resourceGroup,
  ),
  storage_account: text(
    'Storage account the disk is sent to; otherwise one of the group’s own. Made if absent.',
    nameRules.account,
  ),
  gallery: text('Azure Compute Gallery; otherwise named after the project. Made if absent.', nameRules.gallery),
  image: text('Image definition in the gallery; otherwise <project>-<os>. Made if absent.', nameRules.image),
  image_version: text('Version in the gallery; otherwise made of release.version.', {
    pattern: /^(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}$/,
    kind: 'a gallery image version',
    hint: 'write three numbers, as in "1.0.0"',
  }),
  publisher: text('Publisher of the image definition; otherwise the project.', nameRules.word),
  offer: text('Offer of the image definition; otherwise the os.', nameRules.word),
  sku: text('SKU of the image definition; otherwise of processor and generation, as in x64-gen2.', nameRules.word),
  trusted_launch: flag('Machines may have Secure Boot and a virtual TPM; needs UEFI.'),
  nvme: flag('Machines may have NVMe disks; the system needs the driver for it.'),
  accelerated_networking: flag('Machines may have accelerated networking.'),
  replicas: whole('Replicas in each region.', 1, 100),
  storage_account_type: oneOf('Storage of the replicas.', ['Standard_LRS', 'Standard_ZRS', 'Premium_LRS']),
  exclude_from_latest: flag('Instances that ask for the latest version do not get this one.'),
  end_of_life_date: text('When the version should no longer be used. Azure only shows it.', dateAndTime),
  readers: listOf('Users, groups and service principals that may use the image.', text('Object id.', id)),
  community: section<Written<AzureCommunity>>(
    'What a gallery for everybody tells about its publisher; needed with audience community or public.',
    communityFields,
    ['publisher_uri', 'publisher_contact', 'eula', 'public_name_prefix'],
  ),
})

/** With defaults. */
export const azureRelease: Resolve<AzureReleaseSettings> = (azure, complain) => {
  const { community } = azure
  const given = {
    subscriptionId: azure.subscription_id,
    tenantId: azure.tenant_id,
    resourceGroup: azure.resource_group,
    storageAccount: azure.storage_account,
    gallery: azure.gallery,
    image: azure.image,
    imageVersion: azure.image_version,
    publisher: azure.publisher,
    offer: azure.offer,
    sku: azure.sku,
    endOfLifeDate: azure.end_of_life_date,
  }
  return {
    ...regionsOf(azure, complain),
    // Only what is there: an absent setting is no setting.
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    trustedLaunch: azure.trusted_launch ?? false,
    nvme: azure.nvme ?? false,
    acceleratedNetworking: azure.accelerated_networking ?? false,
    replicas: azure.replicas ?? 1,
    storageAccountType: azure.storage_account_type ?? 'Standard_LRS',
    excludeFromLatest: azure.exclude_from_latest ?? false,
    readers: (azure.readers ?? []).map((reader) => reader.toLowerCase()),
    ...(community !== undefined && {
      community: {
        publisherUri: community.publisher_uri ?? '',
        publisherContact: community.publisher_contact ?? '',
        eula: community.eula ?? '',
        publicNamePrefix: community.public_name_prefix ?? '',
      },
    }),
  }
}
