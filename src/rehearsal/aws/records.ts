import { regions } from './regions.ts'

/** What the stand-in remembers. Times are epoch milliseconds; states follow from them (see `states.ts`). */
export type Tags = Readonly<Record<string, string>>

export interface DiskMapping {
  readonly device: string
  /** Absent for a disk that starts empty. */
  readonly snapshotId?: string
  readonly sizeGiB: number
  readonly type: string
  readonly deleteOnTermination: boolean
  readonly encrypted: boolean
  readonly iops?: number
  readonly throughput?: number
}

/** Who may launch an image or read a snapshot: exactly one of the members. */
export interface Permission {
  readonly UserId?: string
  readonly Group?: string
  readonly OrganizationArn?: string
  readonly OrganizationalUnitArn?: string
}

export interface ImageRecord {
  readonly id: string
  readonly name: string
  readonly owner: string
  readonly ownerAlias?: string
  readonly architecture: string
  readonly rootDevice: string
  readonly bootMode?: string
  readonly ena: boolean
  readonly sriov?: string
  readonly tpm?: string
  /** Variables of the firmware, as they were registered. */
  readonly uefiData?: string
  readonly createdAt: number
  readonly availableAt: number
  readonly source?: { readonly id: string; readonly region: string; readonly instanceId?: string }
  readonly mappings: readonly DiskMapping[]
  /** Why it never became available, for example a key of another region. */
  readonly failure?: string
  description: string
  imds?: string
  permissions: readonly Permission[]
  deprecateAt?: number
  lastLaunchedAt?: number
  protection?: 'enabled-with-cooldown' | 'enabled-without-cooldown'
  tags: Tags
}

export interface SnapshotRecord {
  readonly id: string
  readonly owner: string
  readonly volumeId: string
  readonly sizeGiB: number
  readonly description: string
  readonly startedAt: number
  /** Absent while blocks are still to come. */
  completedAt?: number
  /** While blocks can be put. It fails when none came, and it was not completed, for `timeoutMs`. */
  upload?: { readonly timeoutMs: number; lastBlockAt: number; progress?: number }
  /** True for a copy, of which EC2 makes only so many at once. */
  readonly copy?: true
  readonly encrypted: boolean
  readonly kmsKeyId?: string
  /** Immutable disk file, shared by the copies of a snapshot: a name in the folder of disks, or `base:<name>`. */
  readonly file: string
  permissions: readonly Permission[]
  tags: Tags
}

export interface VolumeRecord {
  readonly id: string
  readonly sizeGiB: number
  readonly type: string
  readonly iops?: number
  readonly throughput?: number
  readonly encrypted: boolean
  readonly kmsKeyId?: string
  readonly snapshotId: string
  readonly zone: string
  readonly createdAt: number
  /** A name in the folder of disks; an empty volume has none. */
  readonly file?: string
  attachment?: {
    readonly instanceId: string
    readonly device: string
    readonly at: number
    readonly deleteOnTermination: boolean
  }
  tags: Tags
}

export interface InstanceRecord {
  readonly id: string
  readonly reservationId: string
  readonly imageId: string
  readonly type: string
  readonly architecture: string
  readonly rootDevice: string
  readonly bootMode?: string
  readonly keyName?: string
  /** The public key at launch; deleting the key pair later changes nothing. */
  readonly openssh?: string
  readonly zone: string
  readonly subnetId: string
  readonly privateAddress: string
  readonly publicAddress: string
  readonly mac: string
  readonly interfaceId: string
  readonly uuid: string
  readonly launchedAt: number
  readonly shutdownBehavior: string
  readonly metadata: { readonly tokens: 'required' | 'optional'; readonly hopLimit: number; readonly tags: string }
  readonly detailedMonitoring: boolean
  readonly ebsOptimized: boolean
  userData?: string
  interfaceTags: Tags
  groupIds: readonly string[]
  ena: boolean
  sourceDestCheck: boolean
  apiTermination: boolean
  /** Where it is heading since `changedAt`; the state in between follows from the time. */
  target: 'running' | 'stopped' | 'terminated'
  changedAt: number
  tags: Tags
}

export interface KeyPairRecord {
  readonly id: string
  readonly name: string
  readonly type: 'rsa' | 'ed25519'
  readonly openssh: string
  readonly fingerprint: string
  readonly createdAt: number
  tags: Tags
}

export interface Rule {
  readonly id: string
  readonly protocol: string
  readonly fromPort: number
  readonly toPort: number
  /** An IPv4 or IPv6 range; or the id of another group. */
  readonly cidr?: string
  readonly groupId?: string
  readonly description?: string
}

export interface SecurityGroupRecord {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly vpcId: string
  ingress: readonly Rule[]
  egress: readonly Rule[]
  tags: Tags
}

export interface ParameterRecord {
  readonly name: string
  readonly type: string
  readonly dataType: string
  readonly value: string
  readonly version: number
  readonly changedAt: number
  readonly description: string
  readonly tags: Tags
}

/** Bytes of an object: a name in the folder of disks. */
export interface ObjectPart {
  readonly file: string
  readonly bytes: number
}

export interface ObjectRecord {
  readonly parts: readonly ObjectPart[]
  readonly bytes: number
  readonly etag: string
  readonly sha256?: string
  readonly changedAt: number
}

export interface UploadRecord {
  readonly id: string
  readonly key: string
  readonly startedAt: number
  readonly sha256: boolean
  parts: Table<ObjectPart & { readonly etag: string; readonly sha256?: string; readonly changedAt: number }>
}

export interface BucketRecord {
  readonly name: string
  readonly createdAt: number
  objects: Table<ObjectRecord>
  uploads: Table<UploadRecord>
}

export interface ImportRecord {
  readonly id: string
  /** Absent when it failed. */
  readonly snapshotId?: string
  /** Why it failed. */
  readonly failure?: string
  readonly description: string
  readonly source: { readonly bucket: string; readonly key: string; readonly bytes: number }
  readonly format: string
  readonly completedAt: number
  tags: Tags
}

type Table<T> = Record<string, T>

export interface RegionRecords {
  readonly images: Table<ImageRecord>
  readonly snapshots: Table<SnapshotRecord>
  readonly volumes: Table<VolumeRecord>
  readonly instances: Table<InstanceRecord>
  readonly keyPairs: Table<KeyPairRecord>
  readonly securityGroups: Table<SecurityGroupRecord>
  /** Images that were deregistered: EC2 still tells them from those that never were. */
  readonly formerImages: Table<true>
  /** What each client token made, and from which parameters. */
  readonly tokens: Table<{ readonly digest: string; readonly id: string }>
  publicImages: 'block-new-sharing' | 'unblocked'
  encryptsByDefault?: boolean
  /** Of the parameter store, by name. */
  parameters?: Table<ParameterRecord>
  /** Of S3, by name. */
  buckets?: Table<BucketRecord>
  imports?: Table<ImportRecord>
  /** Of IAM: what each role lets assume it. Only us-east-1 has them; without a word, what a new account was given. */
  roles?: Table<string>
}

export type AwsRecords = Readonly<Record<string, RegionRecords>>

/** An account with nothing in it. */
export function emptyRecords(): AwsRecords {
  return Object.fromEntries(
    regions.map((region) => [
      region,
      {
        images: {},
        snapshots: {},
        volumes: {},
        instances: {},
        keyPairs: {},
        securityGroups: {},
        formerImages: {},
        tokens: {},
        publicImages: 'block-new-sharing',
      },
    ]),
  )
}
