import type { Json } from '../kit/json.ts'

/** What the stand-in remembers. Times are epoch milliseconds; states follow from them (see `states.ts`). */
export type Tags = Readonly<Record<string, string>>

export interface GroupRecord {
  readonly id: string
  readonly subscription: string
  readonly name: string
  readonly location: string
  readonly tags: Tags
  readonly createdAt: number
}

/** Anything in a group. Its key in its table is its id in lower case. */
export interface ResourceRecord {
  readonly id: string
  /** `Microsoft.Compute/virtualMachines`, in Azure's own spelling. */
  readonly type: string
  readonly name: string
  readonly location: string
  readonly tags: Tags
  readonly createdAt: number
  /** When it is no longer `Creating` or `Updating`. */
  readonly readyAt: number
  /** As they were asked for, with what Azure adds. */
  readonly properties: Json
  readonly sku?: Json
  /** Of a gallery version, by location. */
  readonly replicas?: Readonly<Record<string, ReplicaRecord>>
  /** Of a disk, managed image or gallery version: a name in the folder of disks, or `base:<name>`. */
  readonly file?: string
  /** Of a virtual machine. */
  machine?: MachineRecord
}

/** A gallery version in one location. */
export interface ReplicaRecord {
  readonly readyAt: number
  /** Why it will fail then. */
  readonly error?: string
}

/** A page blob. Its key in its table is `<account>/<container>/<name>`. */
export interface BlobRecord {
  readonly account: string
  readonly container: string
  readonly name: string
  /** A block blob; otherwise a page blob. */
  readonly block?: true
  readonly sizeBytes: number
  /** A name in the folder of disks; beside it is the list of what was stored. */
  readonly file: string
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly changedAt: number
}

export interface RoleAssignmentRecord {
  readonly id: string
  readonly name: string
  readonly scope: string
  readonly role: string
  readonly principal: string
  readonly createdAt: number
}

export interface MachineRecord {
  /** Azure's own id of it, a UUID, which the firmware tells too. */
  readonly vmId: string
  /** Ids of its disk and its network interface. */
  readonly disk: string
  readonly networkInterface: string
  readonly deletes: { readonly disk: boolean; readonly networkInterface: boolean }
  readonly memoryMiB: number
  readonly user: string
  readonly keys: readonly string[]
  running: boolean
  generalized: boolean
}

/** Something that was begun. Its work is done before it is answered; it seems to take a moment. */
export interface OperationRecord {
  readonly id: string
  readonly createdAt: number
  readonly doneAt: number
  /** Why it failed, in Azure's form. */
  readonly error?: Json
}

export interface DeploymentRecord {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly doneAt: number
  readonly made: readonly { readonly id: string; readonly type: string; readonly name: string }[]
  readonly error?: Json
}

type Table<T> = Record<string, T>

export interface AzureRecords {
  readonly groups: Table<GroupRecord>
  readonly resources: Table<ResourceRecord>
  readonly deployments: Table<DeploymentRecord>
  readonly operations: Table<OperationRecord>
  readonly blobs: Table<BlobRecord>
  /** By `<account>/<container>`. */
  readonly containers: Table<{ readonly createdAt: number }>
  readonly roleAssignments: Table<RoleAssignmentRecord>
  /** Namespaces the subscription is not registered for. */
  readonly unregistered: Table<true>
}

/** Subscriptions with nothing in them. */
export function emptyRecords(): AzureRecords {
  return {
    ...{ groups: {}, resources: {}, deployments: {}, operations: {} },
    ...{ blobs: {}, containers: {}, roleAssignments: {}, unregistered: {} },
  }
}
