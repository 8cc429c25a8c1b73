import type { Environment } from '../cloud.ts'

/** Tags by name, of anything in a subscription. */
export type Tags = Readonly<Record<string, string>>

/** Where a connection works. */
export interface AzureHome {
  readonly subscription: string
  /** Absent: that of the environment, else the one Azure names for the subscription. */
  readonly tenant: string | undefined
  readonly environment: Environment
}

/** A managed image, or a version of a gallery image. */
export interface AzureImage {
  /** Resource id. */
  readonly id: string
  readonly kind: 'managed' | 'version'
  /** The last part of the id. */
  readonly name: string
  /** Locations it can be used in; the first is where it was made. */
  readonly locations: readonly string[]
  /** `Creating`, `Updating`, `Succeeded`, `Failed`, `Deleting` … */
  readonly state: string
  /** ISO 8601; Azure does not tell it of managed images. */
  readonly createdAt: string | undefined
  readonly tags: Tags
  readonly version: VersionSettings
}

/** What may be changed of a gallery version. */
export interface VersionSettings {
  /** ISO 8601. */
  readonly endOfLife: string | undefined
  readonly excludedFromLatest: boolean
}

export interface AzureGroup {
  readonly name: string
  readonly location: string
  readonly tags: Tags
}

/** Any resource, as lists of all kinds of them tell it. */
export interface AzureResource {
  readonly id: string
  /** `Microsoft.Compute/virtualMachines`. */
  readonly type: string
  readonly name: string
  readonly state: string
  readonly tags: Tags
}

/** What a role assignment allows: actions with `*`, without those in `not`; the same of what is in storage accounts. */
export interface Grant {
  readonly actions: readonly string[]
  readonly not: readonly string[]
  readonly data: readonly string[]
  readonly notData: readonly string[]
}

/** Resources that Sindri itself makes. */
export type MadeKind =
  | 'Microsoft.Compute/virtualMachines'
  | 'Microsoft.Network/networkInterfaces'
  | 'Microsoft.Network/networkSecurityGroups'
  | 'Microsoft.Network/publicIPAddresses'
  | 'Microsoft.Network/virtualNetworks'

/**
 * Azure Resource Manager in the shapes Sindri works with, for one subscription. Every call fails with a SindriError that
 * names the action. Removals resolve when the thing is gone.
 */
export interface AzureApi {
  readonly subscription: string
  /** The principal the credentials belong to. */
  /** Where the credentials come from, in words. */
  source(): Promise<string>
  identity(): Promise<string>
  /** What the principal may do in a resource group, or in the whole subscription; undefined when Azure does not tell. */
  grants(group: string | undefined): Promise<readonly Grant[] | undefined>
  /** @throws SindriError `not-found` */
  group(name: string): Promise<AzureGroup>
  putGroup(group: AzureGroup): Promise<void>
  deleteGroup(name: string): Promise<void>
  /** Everything in a resource group. */
  resources(group: string): Promise<readonly AzureResource[]>
  managedImages(group: string): Promise<readonly AzureImage[]>
  /** Versions of the gallery image with this id. */
  versions(definition: string): Promise<readonly AzureImage[]>
  /** A managed image or a gallery version by its id. */
  image(id: string): Promise<AzureImage>
  changeVersion(id: string, to: VersionSettings): Promise<void>
  /** The text of a public key that Azure keeps. */
  publicKey(group: string, name: string): Promise<string>
  /** Begins to make a resource, or to make it so; the same request twice makes it once. */
  put(kind: MadeKind, group: string, name: string, body: object): Promise<void>
  /** What Azure tells of a resource by its id. @throws SindriError `not-found` */
  get(id: string): Promise<{ readonly state: string; readonly properties: Readonly<Record<string, unknown>> }>
  delete(id: string): Promise<void>
}
