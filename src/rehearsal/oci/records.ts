import type { Json } from '../kit/json.ts'

/** What the stand-in remembers. Times are epoch milliseconds; states follow from them (see `states.ts`). */
export type Tags = Readonly<Record<string, string>>

/** What every resource has. Its key in its table is its OCID. */
export interface Resource {
  readonly id: string
  readonly region: string
  readonly compartmentId: string
  readonly displayName: string
  readonly createdAt: number
  readonly freeformTags: Tags
  readonly definedTags: Json
}

export interface ImageRecord extends Resource {
  readonly operatingSystem: string
  readonly operatingSystemVersion: string
  readonly architecture: 'x86_64' | 'arm64'
  /** Who cloud-init gives the key to. */
  readonly user: string
  readonly baseImageId?: string
  readonly launchMode: string
  readonly sizeGb: number
  readonly availableAt: number
  /** It is imported and not made of an instance. */
  readonly imported?: boolean
  /** Its import fails: then it is gone. */
  readonly failed?: boolean
  /** Besides those of its architecture. */
  shapes?: readonly string[]
  /** Immutable disk file: a name in the folder of disks, or `base:<name>`. */
  readonly file: string
}

export interface InstanceRecord extends Resource {
  readonly availabilityDomain: string
  readonly shape: string
  readonly ocpus: number
  readonly memoryInGBs: number
  readonly imageId: string
  readonly user: string
  readonly metadata: Readonly<Record<string, string>>
  readonly legacyImdsDisabled: boolean
  readonly hostname: string
  readonly subnetId: string
  readonly nsgIds: readonly string[]
  readonly vnicId: string
  readonly vnicName: string
  readonly vnicTags: Tags
  readonly privateAddress: string
  readonly publicAddress: string
  readonly mac: string
  readonly bootVolumeId: string
  /** Until when an image is made of it. */
  imagedUntil?: number
  /** When it was told to end: its machine and its volume are gone since. */
  terminatedAt?: number
}

export interface BootVolumeRecord extends Resource {
  readonly availabilityDomain: string
  readonly imageId: string
  readonly sizeGb: number
  readonly file: string
  readonly instanceId: string
}

export interface SecurityRule extends Json {
  readonly id: string
}

export interface SecurityGroupRecord extends Resource {
  readonly vcnId: string
  rules: readonly SecurityRule[]
}

/** How instances of an image may be launched. */
export interface CapabilityRecord extends Resource {
  readonly imageId: string
  readonly versionName: string
  schemaData: Json
}

/** Bytes in a file of their own. */
export interface StoredBytes {
  readonly file: string
  readonly bytes: number
}

export interface PartRecord extends StoredBytes {
  readonly etag: string
  /** In base64, as those below. */
  readonly md5: string
}

export interface ObjectRecord {
  readonly parts: readonly StoredBytes[]
  readonly bytes: number
  readonly etag: string
  readonly md5?: string
  readonly multipartMd5?: string
  readonly contentType: string
  readonly metadata: Tags
  readonly createdAt: number
}

export interface UploadRecord {
  readonly id: string
  readonly object: string
  readonly contentType: string
  readonly metadata: Tags
  readonly createdAt: number
  readonly parts: Record<string, PartRecord>
}

/** Lets whoever has the secret read one object. */
export interface AccessRecord {
  readonly id: string
  readonly name: string
  readonly object: string
  /** sha256 of the secret. */
  readonly secret: string
  readonly createdAt: number
  readonly expiresAt: number
}

export interface BucketRecord extends Resource {
  readonly publicAccess: string
  readonly tier: string
  readonly versioning: string
  readonly objects: Record<string, ObjectRecord>
  readonly uploads: Record<string, UploadRecord>
  readonly accesses: Record<string, AccessRecord>
}

/** Something that takes its time. It has failed when it has an error. */
export interface WorkRequestRecord {
  readonly id: string
  readonly region: string
  readonly compartmentId: string
  readonly operation: string
  readonly resourceId: string
  readonly acceptedAt: number
  readonly endsAt: number
  readonly error?: { readonly code: string; readonly message: string }
}

type Table<T> = Record<string, T>

export interface OciRecords {
  readonly images: Table<ImageRecord>
  readonly instances: Table<InstanceRecord>
  readonly bootVolumes: Table<BootVolumeRecord>
  readonly securityGroups: Table<SecurityGroupRecord>
  readonly capabilities: Table<CapabilityRecord>
  /** By region and name. Not there in records of before. */
  buckets?: Table<BucketRecord>
  workRequests?: Table<WorkRequestRecord>
  /** What each `opc-retry-token` made, and of what. */
  readonly requests: Table<{ readonly digest: string; readonly id: string; readonly at: number }>
}

/** Compartments with nothing in them. */
export function emptyRecords(): OciRecords {
  return { images: {}, instances: {}, bootVolumes: {}, securityGroups: {}, capabilities: {}, requests: {} }
}
