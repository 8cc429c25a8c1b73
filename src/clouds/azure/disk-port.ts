import type { AzureCommunity } from '../../config/targets/azure.ts'
import type { Tags } from './port.ts'

/** A storage account, as far as it matters for page blobs. */
export interface AzureAccount {
  readonly location: string
  readonly tags: Tags
  /** `StorageV2`, `BlobStorage` … */
  readonly kind: string
  readonly hierarchical: boolean
  /** False where it takes requests from private networks alone. */
  readonly reachable: boolean
  /** Requests from networks that are not listed are refused. */
  readonly walled: boolean
  /** Its keys open it. */
  readonly keys: boolean
}

/** A gallery and who it is shared with. */
export interface AzureGallery {
  readonly id: string
  readonly location: string
  readonly tags: Tags
  readonly sharing: 'Private' | 'Groups' | 'Community'
  /** The community sees it. */
  readonly open: boolean
  /** What the community calls it; absent while Azure has not given it a name. */
  readonly publicName: string | undefined
}

/** What an image definition says of all its versions. https://learn.microsoft.com/rest/api/compute/gallery-images (2026-11) */
export interface AzureDefinition {
  readonly publisher: string
  readonly offer: string
  readonly sku: string
  readonly generation: 'V1' | 'V2'
  readonly architecture: 'x64' | 'Arm64'
  /** By their names: `SecurityType`, `DiskControllerTypes`, `IsAcceleratedNetworkSupported`. */
  readonly features: Readonly<Record<string, string>>
}

/** Where a version is, or is to be. */
export interface TargetRegion {
  readonly name: string
  readonly replicas: number
  readonly storage: string
}

/** How far a version is in one of its regions. */
export interface AzureReplica extends TargetRegion {
  /** `Unknown`, `Replicating`, `Completed`, `Failed`. */
  readonly state: string
  /** Percent. */
  readonly progress: number
  readonly details: string
}

/** A version of a gallery image with its replicas. */
export interface AzureVersion {
  readonly id: string
  /** `Creating`, `Updating`, `Succeeded`, `Failed`, `Deleting`. */
  readonly state: string
  readonly location: string
  readonly tags: Tags
  readonly replicas: readonly AzureReplica[]
}

/** A version that is to be made of a blob. */
export interface NewVersion {
  readonly location: string
  readonly tags: Tags
  readonly target: TargetRegion
  /** Id of the storage account and URL of the VHD in it. */
  readonly account: string
  readonly url: string
}

/** A blob of a storage account. */
export interface BlobPlace {
  readonly account: string
  readonly container: string
  readonly name: string
}

/** What was written on a blob; names are those of identifiers. */
export type BlobMetadata = Readonly<Record<string, string>>

/** Bytes from `offset` on; both are multiples of 512. */
export interface PageRange {
  readonly offset: number
  readonly length: number
}

/** Blob Storage, of one account and container. https://learn.microsoft.com/rest/api/storageservices (2026-11) */
export interface PageBlobs {
  /** Makes an empty page blob, unless there is one of this name. */
  create(blob: BlobPlace, sizeBytes: number, metadata: BlobMetadata): Promise<void>
  /** @throws SindriError `not-found` */
  metadata(blob: BlobPlace): Promise<BlobMetadata>
  setMetadata(blob: BlobPlace, metadata: BlobMetadata): Promise<void>
  /** Stores at most 4 MiB; what arrives is compared with their MD5. */
  putPages(blob: BlobPlace, offset: number, bytes: Uint8Array): Promise<void>
  /** What was stored, in order. */
  ranges(blob: BlobPlace): Promise<readonly PageRange[]>
  /** The blobs of a container. */
  list(place: Omit<BlobPlace, 'name'>): Promise<readonly { readonly name: string; readonly metadata: BlobMetadata }[]>
  remove(blob: BlobPlace): Promise<void>
}

/** Someone who may use something. */
export interface AzureReader {
  /** Id of the role assignment. */
  readonly assignment: string
  /** Object id, in lower case. */
  readonly principal: string
}

/**
 * What of Azure a finished disk needs besides `AzureApi`. Every call fails with a SindriError that names the action; what
 * is asked for by an id that nothing has is `not-found`. Changes resolve when they are done, if nothing else is said.
 */
export interface AzureDiskApi extends PageBlobs {
  /** `Registered`, `NotRegistered` … */
  providerState(namespace: string): Promise<string>
  /** Locations the subscription may use. */
  locations(): Promise<readonly string[]>
  account(id: string): Promise<AzureAccount>
  /** Why an account cannot have this name, which all of Azure shares; undefined when it can. */
  accountNameProblem(name: string): Promise<string | undefined>
  putAccount(id: string, account: { readonly location: string; readonly tags: Tags }): Promise<void>
  putContainer(account: string, name: string): Promise<void>
  galleries(): Promise<readonly AzureGallery[]>
  gallery(id: string): Promise<AzureGallery>
  putGallery(
    id: string,
    gallery: { readonly location: string; readonly tags: Tags; readonly community: AzureCommunity | undefined },
  ): Promise<void>
  /** Opens a gallery to the community, or closes it to all but its own readers. */
  shareGallery(id: string, to: 'community' | 'nobody'): Promise<void>
  definition(id: string): Promise<AzureDefinition & { readonly tags: Tags }>
  definitions(gallery: string): Promise<readonly string[]>
  putDefinition(
    id: string,
    definition: AzureDefinition & { readonly location: string; readonly tags: Tags },
  ): Promise<void>
  version(id: string): Promise<AzureVersion>
  /** Begins to make a version; its state tells the rest. */
  startVersion(id: string, version: NewVersion): Promise<void>
  /** Begins to make the version have these regions; its state tells the rest. */
  startTargets(id: string, targets: readonly TargetRegion[]): Promise<void>
  /** Makes the version have these regions. */
  putTargets(id: string, targets: readonly TargetRegion[]): Promise<void>
  /** Removes a place nothing is in any more; Azure may take a while to see that. Harmless when it is gone. */
  deleteEmpty(id: string): Promise<void>
  /** Those who may read exactly this. */
  readers(id: string): Promise<readonly AzureReader[]>
  addReader(id: string, principal: string): Promise<void>
  removeReader(assignment: string): Promise<void>
}
