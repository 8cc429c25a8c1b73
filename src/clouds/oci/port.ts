import type { Environment } from '../cloud.ts'

/** Free-form tags by key. */
export type Tags = Readonly<Record<string, string>>

/** How the credentials are found: as the config says, over the variables of the OCI CLI. */
export interface CredentialSettings {
  readonly useInstancePrincipals: boolean
  readonly accessCfgFile?: string | undefined
  readonly accessCfgFileAccount?: string | undefined
}

/** Where a connection works. */
export interface OciHome extends CredentialSettings {
  /** Where instances and security groups are made. */
  readonly compartment: string
  /** Where images are made. */
  readonly imageCompartment: string
  readonly environment: Environment
}

export interface OciImage {
  readonly id: string
  readonly name: string
  /** `PROVISIONING`, `AVAILABLE`, `DISABLED`, `DELETED` … */
  readonly state: string
  readonly createdAt: string
  readonly tags: Tags
}

export interface OciInstance {
  readonly id: string
  /** `PROVISIONING`, `STARTING`, `RUNNING`, `CREATING_IMAGE`, `TERMINATING`, `TERMINATED` … */
  readonly state: string
  readonly tags: Tags
}

export interface OciSecurityGroup {
  readonly id: string
  readonly name: string
  readonly tags: Tags
}

/** The addresses of an instance's first network interface. */
export interface Addresses {
  readonly publicAddress: string | undefined
  readonly privateAddress: string | undefined
}

export interface InstanceRequest {
  readonly name: string
  readonly availabilityDomain: string
  readonly imageId: string
  readonly shape: string
  /** Of a flexible shape. */
  readonly size: { readonly ocpus: number; readonly memoryInGbs: number } | undefined
  /** In OpenSSH's format. */
  readonly publicKey: string
  readonly subnetId: string
  readonly securityGroupIds: readonly string[]
  readonly publicAddress: boolean
  readonly legacyImdsDisabled: boolean
  readonly tags: Tags
  /** The same one launches it once within a day. */
  readonly token: string
}

export interface SecurityGroupRequest {
  readonly name: string
  readonly vcnId: string
  readonly tags: Tags
  readonly token: string
}

/**
 * Oracle Cloud in the shapes Sindri works with, for one account. An empty region is the one the credentials name. Every
 * call fails with a SindriError that says what may be lacking. Removals resolve when Oracle Cloud has taken them.
 */
export interface OciApi {
  /** The region the credentials name. @throws SindriError `credentials` when they name none */
  region(): Promise<string>
  /** The OCIDs of who the credentials belong to. */
  identity(): Promise<string>
  /** Images of the image compartment, Oracle's own among them. */
  images(region: string, query: { readonly name?: string }): Promise<readonly OciImage[]>
  image(region: string, id: string): Promise<OciImage>
  deleteImage(region: string, id: string): Promise<void>
  /** Instances of the compartment, for an hour also those that were terminated. */
  instances(region: string): Promise<readonly OciInstance[]>
  instance(region: string, id: string): Promise<OciInstance>
  /** Returns its OCID. */
  launchInstance(region: string, request: InstanceRequest): Promise<string>
  /** Undefined while there is no network interface. */
  addresses(region: string, instanceId: string): Promise<Addresses | undefined>
  /** Ends it together with its boot volume. */
  terminateInstance(region: string, id: string): Promise<void>
  /** The virtual cloud network a subnet is in. */
  subnetVcn(region: string, subnetId: string): Promise<string>
  securityGroups(region: string): Promise<readonly OciSecurityGroup[]>
  /** Returns its OCID. */
  createSecurityGroup(region: string, request: SecurityGroupRequest): Promise<string>
  /** Address ranges that a group lets in to port 22. */
  sshRanges(region: string, groupId: string): Promise<readonly string[]>
  allowSsh(region: string, groupId: string, ranges: readonly string[]): Promise<void>
  deleteSecurityGroup(region: string, id: string): Promise<void>
}
