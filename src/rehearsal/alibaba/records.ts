import type { Json } from '../kit/json.ts'

/** What the stand-in remembers. Times are epoch milliseconds; states follow from them (see `states.ts`). */
export type Tags = Readonly<Record<string, string>>

/** What every resource has. */
export interface Resource {
  readonly id: string
  readonly region: string
  readonly name: string
  tags: Tags
  readonly createdAt: number
}

export interface SnapshotRecord extends Resource {
  readonly diskId: string
  readonly sizeGb: number
  /** Immutable disk file: a name in the folder of disks, or `base:<name>`. */
  readonly file: string
  readonly encrypted: boolean
  readonly kmsKeyId?: string
  readonly readyAt: number
}

export interface ImageRecord extends Resource {
  readonly description?: string
  family?: string
  readonly owner: 'self' | 'system'
  readonly architecture: 'x86_64' | 'arm64'
  readonly snapshotId: string
  readonly sizeGb: number
  readonly readyAt: number
  /** When work on it begins: until then it waits in a queue. */
  readonly startsAt?: number
  /** The image it is a copy of. */
  readonly copyOf?: string
  bootMode?: string
  nvme?: boolean
  readonly platform?: string
  /** A community image. */
  open?: boolean
  /** The import it is made by. */
  readonly importedBy?: string
  readonly resourceGroupId?: string
  /** Accounts it is shared with. */
  sharedWith: readonly string[]
}

export interface DiskRecord extends Resource {
  readonly zone: string
  readonly category: string
  readonly sizeGb: number
  readonly file: string
  readonly instanceId: string
}

export interface InstanceRecord extends Resource {
  readonly zone: string
  readonly hostName: string
  readonly imageId: string
  readonly instanceType: string
  readonly vpcId: string
  readonly vswitchId: string
  readonly groups: readonly string[]
  readonly diskId: string
  readonly privateAddress: string
  readonly privateBits: number
  /** A loopback address of its own. */
  readonly door: string
  /** True when that is its public address. */
  readonly isPublic: boolean
  readonly mac: string
  readonly userData?: string
  readonly ramRole?: string
  keyName?: string
  /** What it is, or will be in a moment. */
  running: boolean
  changedAt: number
}

export interface KeyPairRecord extends Resource {
  readonly fingerprint: string
  readonly openssh: string
}

export interface SecurityGroupRecord extends Resource {
  readonly vpcId: string
  readonly description?: string
  rules: readonly Readonly<Record<string, string>>[]
}

export interface VpcRecord extends Resource {
  readonly cidr: string
  readonly isDefault: boolean
}

export interface VSwitchRecord extends VpcRecord {
  readonly vpcId: string
  readonly zone: string
}

/** An elastic IP address, which is a loopback address here. */
export interface EipRecord extends Resource {
  readonly address: string
  readonly bandwidth: number
  readonly chargeType: string
  instanceId?: string
}

/** Bytes that were received in one request, in a file in the folder of disks. */
export interface Piece {
  readonly file: string
  readonly bytes: number
  /** MD5 in hex, in upper case. */
  readonly md5: string
}

export interface ObjectRecord {
  readonly pieces: readonly Piece[]
  readonly bytes: number
  readonly etag: string
  /** In decimal. */
  readonly crc64: string
  readonly headers: Tags
  readonly changedAt: number
}

export interface UploadRecord {
  readonly id: string
  readonly key: string
  readonly headers: Tags
  readonly startedAt: number
  /** By number. */
  readonly parts: Record<string, Piece>
}

export interface BucketRecord {
  readonly name: string
  readonly region: string
  readonly access: string
  readonly createdAt: number
  readonly objects: Record<string, ObjectRecord>
  readonly uploads: Record<string, UploadRecord>
}

export interface RoleRecord {
  readonly name: string
  readonly description: string
  readonly trust: string
  readonly createdAt: number
  policies: readonly { readonly name: string; readonly type: string }[]
}

/** A task of ImportImage. */
export interface ImportRecord {
  readonly id: string
  readonly region: string
  readonly imageId: string
  readonly source: { readonly bucket: string; readonly key: string }
  readonly createdAt: number
  readonly readyAt: number
  /** What it fails for, in the end. */
  failure?: { readonly code: string; readonly message: string }
}

type Table<T> = Record<string, T>

export interface AlibabaRecords {
  readonly images: Table<ImageRecord>
  readonly snapshots: Table<SnapshotRecord>
  readonly disks: Table<DiskRecord>
  readonly instances: Table<InstanceRecord>
  /** By region and name. */
  readonly keyPairs: Table<KeyPairRecord>
  readonly securityGroups: Table<SecurityGroupRecord>
  readonly vpcs: Table<VpcRecord>
  readonly vswitches: Table<VSwitchRecord>
  readonly addresses: Table<EipRecord>
  /** By name; no two in all regions have the same. */
  readonly buckets: Table<BucketRecord>
  readonly roles: Table<RoleRecord>
  readonly imports: Table<ImportRecord>
  /** What each `ClientToken` began: digest of the request, and its answer. */
  readonly tokens: Table<{ readonly digest: string; readonly answer: Json }>
}

/** An account with nothing in it. */
export function emptyRecords(): AlibabaRecords {
  return {
    ...{ images: {}, snapshots: {}, disks: {}, instances: {}, keyPairs: {}, securityGroups: {} },
    ...{ vpcs: {}, vswitches: {}, addresses: {}, buckets: {}, roles: {}, imports: {}, tokens: {} },
  }
}
