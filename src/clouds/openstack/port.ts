import type { Body } from './http.ts'

/** https://docs.openstack.org/api-ref/image/v2/#image-visibility (2026-11): `shared` is private until it has members. */
export type Visibility = 'private' | 'shared' | 'community' | 'public'

/** https://docs.openstack.org/glance/latest/user/statuses.html (2026-11) */
export type Status =
  | 'queued'
  | 'saving'
  | 'uploading'
  | 'importing'
  | 'active'
  | 'deactivated'
  | 'killed'
  | 'deleted'
  | 'pending_delete'

/**
 * What Nova and others read of an image: `hw_firmware_type`, `hw_architecture`, `os_distro`, `os_version`,
 * `hw_disk_bus`, `img_config_drive` and more, and whatever else its owner says.
 * https://docs.openstack.org/glance/latest/admin/useful-image-properties.html (2026-11)
 */
export type Properties = Readonly<Record<string, string>>

export interface Hash {
  /** `sha512` unless the cloud was set up otherwise. */
  readonly algorithm: string
  /** In hex. */
  readonly value: string
}

export interface OpenStackImage {
  readonly id: string
  readonly name: string
  readonly status: Status
  readonly visibility: Visibility
  /** The project. */
  readonly owner: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly diskFormat: string
  readonly containerFormat: string
  /** Of the file; unknown before it is there. */
  readonly sizeBytes: number | undefined
  readonly minDiskGib: number
  readonly protected: boolean
  /** Left out of lists, and still usable. */
  readonly hidden: boolean
  /** Of the file; unknown before it is there. */
  readonly hash: Hash | undefined
  readonly tags: readonly string[]
  readonly properties: Properties
}

export interface NewImage {
  /** Chosen by us, so that a second request is known to be the same one. Glance never gives one again, even after the image is deleted. */
  readonly id: string
  readonly name: string
  readonly diskFormat: 'raw' | 'qcow2' | 'vmdk' | 'vhd' | 'iso'
  readonly minDiskGib: number
  readonly tags: readonly string[]
  readonly properties: Properties
}

/** What is to change; what is not named stays. */
export interface Change {
  readonly name?: string
  readonly visibility?: Visibility
  readonly protected?: boolean
  readonly hidden?: boolean
  readonly minDiskGib?: number
  readonly tags?: readonly string[]
  /** A property that is undefined is removed. */
  readonly properties?: Readonly<Record<string, string | undefined>>
}

/** A project that an image is shared with; it sees the image in lists once its status is `accepted`. */
export interface Member {
  readonly project: string
  /** `pending`, `accepted` or `rejected`. */
  readonly status: string
}

/** All must hold. */
export interface ImageQuery {
  readonly name?: string
  readonly tags?: readonly string[]
  readonly properties?: Properties
}

/** What was sent. */
export interface Sent {
  readonly bytes: number
  /** In hex. */
  readonly sha512: string
}

/** How much of something a project has, and may have; sizes in MiB. */
export interface Usage {
  readonly name: string
  readonly usage: number
  /** Negative: no limit. */
  readonly limit: number
}

/** The images of one region. Every call throws SindriError, or the signal's reason when that ends it. */
export interface ImageService {
  /** The project's own images, hidden ones too. */
  find(query: ImageQuery, signal: AbortSignal): Promise<readonly OpenStackImage[]>
  /** @throws SindriError `not-found` */
  get(id: string, signal: AbortSignal): Promise<OpenStackImage>
  /**
   * Makes an image without a file, private. One that is there already under this id and says the same is it: the reply
   * was lost. @throws SindriError `conflict` for an id that is another image's, or was
   */
  create(image: NewImage, signal: AbortSignal): Promise<OpenStackImage>
  /**
   * Sends an image's file, and compares what Glance stored with what was sent. When the reply is lost, what Glance has
   * says whether it worked. A part may be changed as soon as the next is asked for.
   * @throws SindriError `conflict` when it has a file, or is being sent one; `timeout` when it may be sent again
   */
  upload(id: string, body: Body, signal: AbortSignal): Promise<Sent>
  /** `glance-direct`, `web-download` …: what this installation offers. */
  importMethods(signal: AbortSignal): Promise<ReadonlySet<string>>
  /** Sends the file to where `glance-direct` takes it from, and nothing more. */
  stage(id: string, body: Body, signal: AbortSignal): Promise<Sent>
  /** Begins `glance-direct` of what was staged, or lets Glance fetch the file; harmless when that was begun before. */
  beginImport(id: string, from: 'staged' | { readonly url: string }, signal: AbortSignal): Promise<void>
  /** Why the newest import failed, where Glance tells; undefined when none did, or one is under way. */
  importFailure(id: string, signal: AbortSignal): Promise<string | undefined>
  /** What the project uses of its quotas; nothing where the cloud keeps none, or is older than Glance 24. */
  usage(signal: AbortSignal): Promise<readonly Usage[]>
  /**
   * Waits until no bytes are on their way into the image: it has its file, or has none (yet).
   * @throws SindriError `failed` when it can never have a file; `timeout` when the signal's time is over
   */
  settled(id: string, signal: AbortSignal): Promise<OpenStackImage>
  /** Waits until the image can be used. @throws SindriError as `settled`; `failed` with Glance's reason when its import failed */
  active(id: string, signal: AbortSignal): Promise<OpenStackImage>
  change(id: string, change: Change, signal: AbortSignal): Promise<OpenStackImage>
  members(id: string, signal: AbortSignal): Promise<readonly Member[]>
  /** Shares a `shared` image; harmless when it is shared with the project already. */
  addMember(id: string, project: string, signal: AbortSignal): Promise<void>
  /** @throws SindriError `not-found` when it is not shared with the project */
  removeMember(id: string, project: string, signal: AbortSignal): Promise<void>
  /** @throws SindriError `not-found`; `conflict` for a protected image */
  delete(id: string, signal: AbortSignal): Promise<void>
}

/** Who the credentials are. */
export interface Identity {
  readonly user: string
  readonly project: string
  readonly projectId: string
  /** By name, in that project. */
  readonly roles: readonly string[]
}

/** One OpenStack, as Sindri uses it. */
export interface OpenStackApi {
  /** Where the credentials come from. */
  readonly source: string
  identity(signal: AbortSignal): Promise<Identity>
  /** The regions that are named in the cloud's settings, else all that have images. */
  regions(signal: AbortSignal): Promise<readonly string[]>
  images(region: string): ImageService
}
