import type { Environment } from '../cloud.ts'
import type { Labels } from './labels.ts'

/** Where a connection works. */
export interface GcpHome {
  readonly project: string
  /** The project images are made in. */
  readonly imageProject: string
  /** The project of the network instances are launched into. */
  readonly networkProject: string
  readonly environment: Environment
}

/** Labels that must all be there; the value `*` asks for the key alone. */
export type LabelFilter = Readonly<Record<string, string>>

/** When an image is deprecated: `state` is what it is now, `at` (ISO 8601) when that is or was to happen. */
export interface Deprecation {
  readonly state: 'ACTIVE' | 'DEPRECATED' | 'OBSOLETE' | 'DELETED'
  readonly at: string | undefined
}

export interface GcpImage {
  readonly name: string
  /** `READY`, `PENDING`, `FAILED`, `DELETING`. */
  readonly status: string
  readonly createdAt: string
  readonly labels: Labels
  readonly deprecation: Deprecation
  readonly description: string
  readonly family: string | undefined
}

export interface GcpInstance {
  readonly name: string
  /** `PROVISIONING`, `STAGING`, `RUNNING`, `STOPPING`, `TERMINATED` (which means stopped) … */
  readonly status: string
  readonly labels: Labels
  readonly publicAddress: string | undefined
  readonly privateAddress: string | undefined
}

/** A disk or a firewall rule. */
export interface Named {
  readonly name: string
}

/** How far something begun is; `problem` is Google's word on why it failed. */
export type Progress = { readonly done: boolean; readonly problem?: string }

export interface InstanceRequest {
  readonly name: string
  /** Full or partial URL of the image. */
  readonly image: string
  readonly machineType: string
  /** One line of the `ssh-keys` metadata: `user:ssh-ed25519 AAAA… comment`. */
  readonly sshKey: string
  readonly network: string
  readonly subnetwork: string | undefined
  readonly networkTags: readonly string[]
  readonly externalAddress: boolean
  readonly shielded: { readonly secureBoot: boolean; readonly vtpm: boolean; readonly integrityMonitoring: boolean }
  readonly labels: Labels
  /** The same one begins it once. */
  readonly token: string
}

export interface FirewallRequest {
  readonly name: string
  /** URL of the network, as `subnetworkNetwork` tells it. */
  readonly network: string
  readonly sourceRanges: readonly string[]
  readonly networkTag: string
  readonly token: string
}

/**
 * Compute Engine in the shapes Sindri works with, for one project. Every call fails with a SindriError that names the
 * IAM permission. Removals resolve when the thing is gone.
 */
export interface GcpApi {
  readonly project: string
  /** The project of images. */
  readonly imageProject: string
  /** Where the credentials come from, in words. */
  source(): Promise<string>
  /** The account the credentials belong to, by e-mail address. */
  identity(): Promise<string>
  /** Those of these permissions that are granted on the project; undefined when Google would not tell. */
  granted(permissions: readonly string[]): Promise<ReadonlySet<string> | undefined>
  /** Images of the project that images are made in. */
  images(query: { readonly name?: string; readonly labels?: LabelFilter }): Promise<readonly GcpImage[]>
  /** One of those images. */
  image(name: string): Promise<GcpImage>
  /** The newest image of a family that is not deprecated. */
  imageFromFamily(family: string): Promise<GcpImage>
  deleteImage(name: string): Promise<void>
  deprecate(name: string, to: Deprecation): Promise<void>
  instances(
    zone: string,
    query: { readonly name?: string; readonly labels?: LabelFilter },
  ): Promise<readonly GcpInstance[]>
  /** Returns the name of the operation. */
  insertInstance(zone: string, request: InstanceRequest): Promise<string>
  operation(zone: string, name: string): Promise<Progress>
  deleteInstance(zone: string, name: string): Promise<void>
  disks(zone: string, query: { readonly name?: string; readonly labels?: LabelFilter }): Promise<readonly Named[]>
  deleteDisk(zone: string, name: string): Promise<void>
  /** The rule of that name in the project of the network. */
  firewalls(name: string): Promise<readonly Named[]>
  insertFirewall(request: FirewallRequest): Promise<void>
  deleteFirewall(name: string): Promise<void>
  /** URL of the network a subnetwork (given by URL) is in. */
  subnetworkNetwork(subnetwork: string): Promise<string>
}
