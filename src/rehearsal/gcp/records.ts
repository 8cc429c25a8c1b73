import type { Json } from '../kit/json.ts'

/** What the stand-in remembers. Times are epoch milliseconds; states follow from them (see `states.ts`). */
export type Labels = Readonly<Record<string, string>>

/** What every resource has. Its key in its table is its path below `/compute/v1/`. */
export interface Resource {
  /** Google's own number for it, 19 digits. */
  readonly id: string
  readonly path: string
  readonly name: string
  readonly project: string
  readonly createdAt: number
}

export interface ImageRecord extends Resource {
  readonly description?: string
  family?: string
  readonly labels: Labels
  readonly architecture: string
  readonly guestOsFeatures: readonly string[]
  readonly storageLocations: readonly string[]
  readonly kmsKeyName?: string
  readonly initialState?: Json
  readonly sourceDisk?: string
  readonly sourceImage?: string
  /** Bytes of the packed disk it was made from. */
  readonly archiveBytes?: number
  readonly sizeGb: number
  readonly readyAt: number
  /** Immutable disk file: a name in the folder of disks, or `base:<name>`. */
  readonly file: string
  deprecated?: Json
  /** Who has which role on it. */
  policy?: { readonly bindings: readonly Json[]; readonly etag: string }
}

export interface DiskRecord extends Resource {
  readonly zone: string
  readonly labels: Labels
  readonly sizeGb: number
  readonly type: string
  readonly architecture: string
  readonly guestOsFeatures: readonly string[]
  readonly sourceImage: string
  readonly file: string
  /** Path of the instance it is attached to. */
  user?: string
  readonly autoDelete: boolean
}

export interface InstanceRecord extends Resource {
  readonly zone: string
  readonly labels: Labels
  readonly machineType: string
  readonly memoryMiB: number
  /** Path of its boot disk. */
  readonly disk: string
  readonly networkTags: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  readonly serviceAccounts: readonly unknown[]
  readonly scheduling: Json
  readonly shielded: Json
  readonly privateAddress: string
  readonly publicAddress: string
  readonly mac: string
}

export interface FirewallRecord extends Resource {
  readonly network: string
  readonly direction: string
  readonly priority: number
  readonly sourceRanges: readonly string[]
  readonly targetTags: readonly string[]
  readonly allowed: readonly unknown[]
  readonly description?: string
}

/** Something that was begun. Its work is done before it is answered; it seems to take a moment. */
export interface OperationRecord extends Resource {
  readonly type: string
  readonly target: string
  readonly targetId: string
  readonly doneAt: number
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string }
}

/** A bucket of Cloud Storage. Its key in its table is its name. */
export interface BucketRecord {
  readonly name: string
  readonly project: string
  readonly location: string
  readonly labels: Labels
  readonly createdAt: number
  /** As they were given. */
  readonly iamConfiguration: Json
  readonly softDeletePolicy: Json
}

/** An object that is whole. Its key is that of its bucket, a slash, and its name. */
export interface ObjectRecord {
  readonly bucket: string
  readonly name: string
  readonly file: string
  readonly sizeBytes: number
  /** Base64. */
  readonly md5: string
  readonly crc32c: string
  readonly generation: string
  readonly contentType: string
  readonly createdAt: number
  metadata: Labels
}

/** A resumable upload. Its key is its id. */
export interface UploadRecord {
  readonly bucket: string
  readonly name: string
  readonly file: string
  readonly createdAt: number
  readonly contentType: string
  readonly metadata: Labels
  /** Checksums its client gave at the beginning. */
  readonly sums: { readonly md5Hash?: string; readonly crc32c?: string }
  /** How many have arrived. */
  bytes: number
  /** The generation of the object it became. */
  generation?: string
}

type Table<T> = Record<string, T>

export interface GcpRecords {
  readonly images: Table<ImageRecord>
  readonly disks: Table<DiskRecord>
  readonly instances: Table<InstanceRecord>
  readonly firewalls: Table<FirewallRecord>
  readonly operations: Table<OperationRecord>
  /** What each `requestId` began, and with what. */
  readonly requests: Table<{ readonly digest: string; readonly operation: string }>
  readonly buckets: Table<BucketRecord>
  readonly objects: Table<ObjectRecord>
  readonly uploads: Table<UploadRecord>
  /** What the organisation restricts, by project and constraint. */
  readonly organization: Table<Json>
}

/** Projects with nothing in them. */
export function emptyRecords(): GcpRecords {
  return {
    ...{ images: {}, disks: {}, instances: {}, firewalls: {}, operations: {}, requests: {} },
    ...{ buckets: {}, objects: {}, uploads: {}, organization: {} },
  }
}
