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
  readonly family?: string
  readonly labels: Labels
  readonly architecture: string
  readonly guestOsFeatures: readonly string[]
  readonly storageLocations: readonly string[]
  readonly kmsKeyName?: string
  readonly sourceDisk?: string
  readonly sizeGb: number
  readonly readyAt: number
  /** Immutable disk file: a name in the folder of disks, or `base:<name>`. */
  readonly file: string
  deprecated?: Json
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
}

/** Projects with nothing in them. */
export function emptyRecords(): GcpRecords {
  return { images: {}, disks: {}, instances: {}, firewalls: {}, operations: {}, requests: {} }
}
