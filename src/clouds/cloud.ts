import type { Resolved } from '../config/resolved.ts'
import type { ReleaseSettings } from '../config/sections/release.ts'
import type { Setting } from '../core/setting.ts'
import type { Step } from '../core/step.ts'
import type { TemplateInput } from '../packer/template.ts'
import type { ProvisionScript } from '../release/provision.ts'
import type { Release } from '../release/release.ts'
import type { Finding } from './disk-target.ts'

/** Variables by name, as the process was given them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Clouds that Sindri builds in. */
export type CloudId = 'aws' | 'azure' | 'gcp' | 'oci' | 'alibaba'

/** An image as every cloud can describe it. */
export interface CloudImage {
  readonly id: string
  readonly name: string
  readonly region: string
  /** `available`, `pending`, `failed` … in the cloud's own word. */
  readonly state: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly sindriVersion: string | undefined
  readonly release: string | undefined
  readonly fingerprint: string | undefined
  readonly base: string | undefined
  readonly sshUser: string | undefined
  readonly tags: Readonly<Record<string, string>>
}

/** An image a step made. */
export interface MadeImage {
  readonly id: string
  readonly region: string
  readonly name: string
}

/** What an abandoned Packer run may have left: everything is found by marks that only this run could have set. */
export interface RunMarks {
  readonly token: string
  readonly release: string
  readonly region: string
  /** Names and ids of temporary resources that this run's own log tells of. */
  readonly named: readonly string[]
}

/** Everything about images of one account. */
export interface Images {
  /** Sindri's images in a region, newest first. */
  list(
    region: string,
    query: { namePrefix?: string; fingerprint?: string; release?: string },
  ): Promise<readonly CloudImage[]>
  /** One image by id. @throws SindriError `not-found` */
  get(region: string, id: string): Promise<CloudImage>
  /** The newest image of a family; absent where the cloud has none. @throws SindriError `not-found` */
  newest?(region: string, family: string): Promise<CloudImage>
  /** The same release in other regions. */
  copiesOf(image: CloudImage): Promise<readonly CloudImage[]>
  /** Removes an image and its snapshots; content when it is gone already. */
  remove(image: CloudImage): Promise<void>
}

/** How a built image spreads: pure until the engine runs it. */
export interface Publish {
  /** Makes what the builder wants to be there; absent where it wants nothing. Safe to repeat. */
  prepare?(): Promise<void>
  /** What in the log of a run names a temporary resource, where the builder has other names for some than `packer_…`. */
  readonly named?: RegExp
  /**
   * Writes on an image that Packer has made what this cloud's builder does not write on it; before this it does not
   * count as made. May be repeated. `version` is Sindri's in the image.
   */
  mark?(release: Release, image: MadeImage, version: string): Promise<void>
  /** Removes what a Packer run that is gone left behind; tells what it removed. */
  sweepRun(marks: RunMarks): Promise<readonly string[]>
  plan(
    release: Release,
    built: Step<MadeImage>,
  ): { readonly copies: readonly Step<MadeImage>[]; readonly settings: readonly Setting[] }
}

/** How one image comes to further regions of its cloud. */
export interface Copying {
  /** What would be refused. Reads only. */
  preflight(image: CloudImage, regions: readonly string[]): Promise<readonly Finding[]>
  /** A step for each region. Reads only; the copies are made when the engine runs them. */
  plan(
    image: CloudImage,
    regions: readonly string[],
  ): Promise<readonly { readonly region: string; readonly step: Step<MadeImage> }[]>
}

export interface LaunchRequest {
  /** Unique; every resource carries it as a tag. */
  readonly deployment: string
  readonly image: CloudImage
  readonly instanceType: string
  /** The public half of the key to log in with, in OpenSSH's format; or the cloud's own name of a key. */
  readonly key: { readonly publicKey: string } | { readonly name: string }
  readonly sshSourceRanges: readonly string[]
  readonly subnetId?: string | undefined
  readonly securityGroupId?: string | undefined
}

export interface Launched {
  readonly instanceId: string
  readonly publicAddress: string | undefined
  readonly privateAddress: string | undefined
}

/** Instances from images. */
export interface Launch {
  steps(request: LaunchRequest): { readonly steps: readonly Step<unknown>[]; readonly instance: Step<Launched> }
  /** What a deployment consists of, by its id or the id of its instance; `removed` of them in reading order. */
  find(
    region: string,
    reference: string,
  ): Promise<{ readonly deployment: string; readonly resources: readonly string[] } | undefined>
  /** Removes everything a deployment made and waits until it is gone. */
  terminate(region: string, deployment: string, signal: AbortSignal): Promise<void>
}

/** A cloud with credentials at hand; nothing is called before it is needed. */
export interface Target {
  /** The region the credentials lead to, for a config that names none; absent where a config always names one. */
  home?(): Promise<string>
  /** Who the credentials belong to. @throws SindriError `credentials` */
  identity(): Promise<string>
  /** Where the credentials come from, in words that hold no secret. */
  source(): Promise<string>
  /** Actions that a dry run shows to be refused; absent where the cloud does not tell. */
  missing?(permissions: readonly Permission[]): Promise<readonly MissingAction[]>
  /** The public address of this machine as an address range (`203.0.113.9/32`). */
  callerRange(): Promise<string>
  /** Variables that give Packer the credentials it would not find by itself; they hold secrets. */
  packerCredentials?(): Promise<Readonly<Record<string, string>>>
  /** The image that the base stands for now, where the builder of an old Packer cannot find that out. */
  sourceImage?(): Promise<string>
  readonly images: Images
  readonly publish: Publish
  /** Absent where that is not there. */
  readonly copying?: Copying
  readonly launch: Launch
}

/** What `sindri vm deploy` takes from the config when its flags do not say. */
export interface DeployDefaults {
  readonly instanceType: string
  readonly subnetId: string | undefined
  readonly securityGroupId: string | undefined
  readonly sshSourceRanges: readonly string[]
  readonly keyName: string | undefined
}

/** What a cloud adds to the template that all clouds share. */
export interface SourceTemplate
  extends Pick<TemplateInput, 'cloud' | 'plugin' | 'source' | 'defaults' | 'ownVariables' | 'required' | 'rootLogin'> {
  /** What is run after all else, right before the image is taken. Each removes itself. */
  readonly lastScripts?: readonly ProvisionScript[]
}

/** One action of the cloud's permission language and why it is needed. */
export interface Permission {
  readonly action: string
  readonly by: 'packer' | 'sindri'
  readonly purpose: string
  /** Of a build: the want of it would show only after minutes, or in what is left behind. */
  readonly late: boolean
  /** What it is wanted on, in the cloud's own form, where its policies can say so; otherwise everything. */
  readonly on?: string
}

/** What decides about the permissions of publishing; without a disk it is what was built. */
export interface ReleaseNeeds extends Pick<ReleaseSettings, 'targets' | 'audience'> {
  readonly disk?: string | undefined
}

/** An action the credentials are not allowed. */
export interface MissingAction {
  readonly action: string
  /** False where a policy may allow it all the same, for the real things a build makes. */
  readonly certain: boolean
}

/** A config in which something nobody chose is another than the default, and what to tell of it. */
export interface Replaced {
  readonly resolved: Resolved
  readonly message: string
  readonly hint: string
}

/** One cloud. Its parts load when they are first used, so help and dry runs never see an SDK. */
export interface Cloud {
  readonly id: CloudId
  readonly title: string
  /** The vendor's own command line, which `doctor` looks for. */
  readonly cli: { readonly command: string; readonly versionArguments: readonly string[]; readonly install: string }
  /** The command that sets up credentials. */
  readonly login: string
  /** What ids of images and names of regions look like; those of another cloud may look the same. */
  readonly forms: { readonly image: RegExp; readonly region: RegExp }
  /** Of the keys made for deployments, where the cloud takes no ed25519. */
  readonly keyType?: 'rsa'
  /** Where images are built, and what instances are launched as, in this cloud's words. Pure. */
  placement(resolved: Resolved): {
    readonly region: string
    readonly deploy: DeployDefaults
  }
  /** The config with another value for a default that this Packer cannot build with; undefined where it can. Pure. */
  replaced?(resolved: Resolved, packerVersion: string): Promise<Replaced | undefined>
  /** The source block of the Packer template: pure, offline. */
  source(): Promise<(resolved: Resolved, release: ReleaseMarks | undefined) => SourceTemplate>
  /**
   * Variables of Packer's environment that stand in for credentials where there are none, so that a template can be
   * checked without an account; none where there are some. Absent where Packer checks without credentials anyway.
   * @param folder for files among them; the caller removes it
   */
  standIns?(resolved: Resolved, environment: Environment, folder: string): Promise<Readonly<Record<string, string>>>
  /** Why this Packer cannot build here, when its version alone does not say; absent where that cannot be. */
  packerProblem?(packer: {
    readonly path: string
    readonly version: string
  }): Promise<{ readonly message: string; readonly hint: string } | undefined>
  /** Whether the template must name the range that may reach the build machine, since the builder finds out by itself nowhere. */
  wantsCallerRange?(resolved: Resolved): boolean
  permissions(): Promise<{
    of(resolved: Resolved): readonly Permission[]
    /** For publishing finished disks. */
    ofRelease(release: ReleaseNeeds): readonly Permission[]
    policy(permissions: readonly Permission[], resolved: Resolved | undefined): unknown
  }>
  /** `environment` holds the credentials, and what the config takes from it by `${env:NAME}`. */
  connect(resolved: Resolved, environment: Environment): Promise<Target>
}

/** What a release writes on the image it builds; absent in a template that plain Packer runs. */
export interface ReleaseMarks {
  readonly name: string
  readonly fingerprint: string
  readonly token: string
  /** Where the build comes from, when the builder cannot find that out by itself. */
  readonly callerRange?: string | undefined
  /** The image the base stands for, when the builder cannot find that out by itself. */
  readonly sourceImage?: string | undefined
}
