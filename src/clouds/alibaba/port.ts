import type { CredentialSource } from './credentials.ts'

/** Tags by key. */
export type Tags = Readonly<Record<string, string>>

/** Tags that must all be there; the value `*` asks for the key alone. */
export type TagFilter = Tags

/** What the connection works with. */
export interface AlibabaHome {
  readonly credentials: CredentialSource | undefined
  /** The region that is asked who the credentials belong to. */
  readonly region: string
}

export interface AlibabaImage {
  readonly id: string
  readonly name: string
  readonly description: string
  /** `Waiting`, `Creating`, `Available`, `CreateFailed`, `UnAvailable`, `Deprecated`. */
  readonly status: string
  readonly createdAt: string
  readonly family: string | undefined
  /** True while it is being copied, and afterwards. */
  readonly copied: boolean
  /** A community image, which everybody may use. */
  readonly public: boolean
  /** `BIOS`, `UEFI`, `UEFI-Preferred`. */
  readonly bootMode: string
  readonly nvme: boolean
  readonly tags: Tags
  readonly snapshots: readonly string[]
}

export interface AlibabaInstance {
  readonly id: string
  readonly name: string
  /** `Pending`, `Starting`, `Running`, `Stopping`, `Stopped`. */
  readonly status: string
  readonly tags: Tags
  readonly publicAddress: string | undefined
  readonly privateAddress: string | undefined
  readonly securityGroups: readonly string[]
}

export interface SecurityGroup {
  readonly id: string
  readonly tags: Tags
}

export interface VSwitch {
  readonly id: string
  readonly vpcId: string
  readonly zone: string
}

/** An elastic IP address. */
export interface Address {
  readonly id: string
  /** `Available`, `Associating`, `InUse`, `Unassociating`. */
  readonly status: string
  /** The instance it belongs to. */
  readonly instanceId: string | undefined
}

export interface InstanceRequest {
  readonly name: string
  readonly imageId: string
  readonly instanceType: string
  readonly keyName: string
  readonly securityGroupId: string
  readonly vswitchId: string
  /** Mbit/s of a public address that goes with the instance; 0 for none. */
  readonly bandwidth: number
  readonly chargeType: 'PayByTraffic' | 'PayByBandwidth'
  readonly tags: Tags
  /** The same one begins it once. */
  readonly token: string
}

export interface CopyRequest {
  readonly source: string
  readonly to: string
  readonly name: string
  readonly description: string
  readonly encrypted: boolean
  readonly kmsKeyId: string | undefined
  readonly tags: Tags
  readonly token: string
}

/** What security groups, networks and addresses are looked for by. */
export interface NetworkQuery {
  readonly ids?: readonly string[]
  readonly name?: string
  readonly vpcId?: string
  readonly tags?: TagFilter
}

/**
 * ECS, VPC and STS in the shapes Sindri works with. Every call fails with a SindriError that names the RAM action.
 * Removals resolve when the request is accepted.
 */
export interface AlibabaApi {
  /** The keys that requests are signed with now. @throws SindriError `credentials` */
  keys(): Promise<{ readonly id: string; readonly secret: string; readonly token: string }>
  /** The caller's ARN and account. */
  identity(): Promise<{ readonly arn: string; readonly account: string }>
  regions(): Promise<readonly string[]>
  /** The account's own images, in any state. */
  images(
    region: string,
    query: { readonly id?: string; readonly name?: string; readonly tags?: TagFilter },
  ): Promise<readonly AlibabaImage[]>
  /** The id of the newest image of a family. @throws SindriError `not-found` */
  newestOf(region: string, family: string): Promise<string>
  copyImage(region: string, request: CopyRequest): Promise<string>
  /** Ends a copy that is not done; the image of it is gone then. */
  cancelCopy(region: string, id: string): Promise<void>
  deleteImage(region: string, id: string): Promise<void>
  /** Snapshots of the account that have all these tags. */
  snapshots(region: string, tags: TagFilter): Promise<readonly string[]>
  deleteSnapshot(region: string, id: string): Promise<void>
  /** Accounts that may use the image besides its own. */
  readers(region: string, imageId: string): Promise<readonly string[]>
  changeReaders(
    region: string,
    imageId: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<void>
  /** Makes it everybody's, a community image, or nobody's but its readers'. */
  setPublic(region: string, imageId: string, open: boolean): Promise<void>
  setFamily(region: string, imageId: string, family: string): Promise<void>
  tag(region: string, kind: 'image' | 'snapshot', ids: readonly string[], tags: Tags): Promise<void>
  instances(
    region: string,
    query: { readonly ids?: readonly string[]; readonly name?: string; readonly tags?: TagFilter },
  ): Promise<readonly AlibabaInstance[]>
  runInstance(region: string, request: InstanceRequest): Promise<string>
  /** Also when it runs; its disks and a public address of its own go with it. */
  deleteInstance(region: string, id: string): Promise<void>
  disks(region: string, tags: TagFilter): Promise<readonly string[]>
  deleteDisk(region: string, id: string): Promise<void>
  keyPairs(region: string, query: { readonly name?: string; readonly tags?: TagFilter }): Promise<readonly string[]>
  importKeyPair(
    region: string,
    pair: { readonly name: string; readonly publicKey: string; readonly tags: Tags },
  ): Promise<void>
  deleteKeyPair(region: string, name: string): Promise<void>
  securityGroups(region: string, query: NetworkQuery): Promise<readonly SecurityGroup[]>
  createSecurityGroup(
    region: string,
    group: { readonly name: string; readonly vpcId: string; readonly tags: Tags; readonly token: string },
  ): Promise<string>
  /** Opens port 22 to these ranges; a rule that is there already stays. */
  allowSsh(region: string, groupId: string, ranges: readonly string[]): Promise<void>
  deleteSecurityGroup(region: string, id: string): Promise<void>
  vswitches(region: string, query: NetworkQuery & { readonly isDefault?: true }): Promise<readonly VSwitch[]>
  deleteVSwitch(region: string, id: string): Promise<void>
  vpcs(region: string, query: NetworkQuery): Promise<readonly string[]>
  deleteVpc(region: string, id: string): Promise<void>
  addresses(
    region: string,
    query: { readonly instanceId?: string; readonly address?: string; readonly id?: string },
  ): Promise<readonly Address[]>
  releaseAddress(region: string, id: string): Promise<void>
}
