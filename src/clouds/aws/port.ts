import type { Environment } from '../cloud.ts'
/** Tags by key. */
export type Tags = Readonly<Record<string, string>>

/** Tags that must all be there; the value `*` asks for the key alone. */
export type TagFilter = Readonly<Record<string, string>>

/** Who may launch an image. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchPermission.html */
export interface Reader {
  readonly kind: 'user' | 'group' | 'organization' | 'unit'
  readonly id: string
}

export interface AwsImage {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly state: string
  readonly reason: string
  readonly createdAt: string
  readonly deprecatedAt: string | undefined
  readonly imdsV2: boolean
  readonly public: boolean
  readonly architecture: string
  readonly tags: Tags
  readonly snapshots: readonly string[]
  readonly encrypted: boolean
  readonly sizeGiB: number
}

export interface AwsInstance {
  readonly id: string
  readonly state: string
  readonly reason: string
  readonly imageId: string
  readonly instanceType: string
  readonly publicAddress: string | undefined
  readonly privateAddress: string | undefined
  readonly keyName: string | undefined
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[]
  readonly tags: Tags
}

/** Where a connection works. */
export interface AwsHome {
  readonly region: string
  /** What the SDK finds credentials by. */
  readonly environment: Environment
}

/** EC2 and STS in the shapes Sindri works with. Every call takes its region first and fails with a SindriError that names the IAM action. */
export interface AwsApi {
  identity(): Promise<{ readonly account: string; readonly arn: string }>
  /** True when a dry run of this action is refused for want of permission; an action that cannot be tried counts as allowed. */
  denies(region: string, action: string): Promise<boolean>
  /** Images by id, whoever owns them, or all of our own that match. */
  images(
    region: string,
    query: { ids?: readonly string[]; name?: string; tags?: TagFilter },
  ): Promise<readonly AwsImage[]>
  /** Regions this account may use. */
  regions(region: string): Promise<readonly string[]>
  copyImage(
    region: string,
    copy: {
      source: string
      sourceRegion: string
      name: string
      description: string
      token: string
      tags: Tags
      encrypted: boolean
      kmsKeyId?: string | undefined
    },
  ): Promise<string>
  /** Also deletes the snapshots that no other image uses. */
  deregisterImage(region: string, id: string): Promise<void>
  deleteSnapshot(region: string, id: string): Promise<void>
  readers(region: string, id: string): Promise<readonly Reader[]>
  changeReaders(
    region: string,
    id: string,
    change: { add: readonly Reader[]; remove: readonly Reader[] },
  ): Promise<void>
  requireImdsV2(region: string, id: string): Promise<void>
  /** Sets or, with `undefined`, lifts the date (ISO 8601) from which the image is hidden from others. */
  deprecateAt(region: string, id: string, at: string | undefined): Promise<void>
  keyPairs(region: string, tags: TagFilter): Promise<readonly { readonly name: string; readonly tags: Tags }[]>
  importKeyPair(region: string, pair: { name: string; publicKey: string; tags: Tags }): Promise<void>
  deleteKeyPair(region: string, name: string): Promise<void>
  subnetVpc(region: string, subnetId: string): Promise<string>
  securityGroups(
    region: string,
    query: { name?: string; tags?: TagFilter },
  ): Promise<readonly { readonly id: string; readonly name: string; readonly ranges: readonly string[] }[]>
  createSecurityGroup(region: string, group: { name: string; vpcId?: string | undefined; tags: Tags }): Promise<string>
  allowSsh(region: string, groupId: string, ranges: readonly string[]): Promise<void>
  deleteSecurityGroup(region: string, id: string): Promise<void>
  runInstance(
    region: string,
    instance: {
      imageId: string
      instanceType: string
      keyName: string
      securityGroupIds: readonly string[]
      subnetId?: string | undefined
      token: string
      tags: Tags
    },
  ): Promise<string>
  instances(region: string, query: { ids?: readonly string[]; tags?: TagFilter }): Promise<readonly AwsInstance[]>
  terminateInstances(region: string, ids: readonly string[]): Promise<void>
}
