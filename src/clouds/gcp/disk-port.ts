import type { Labels } from './labels.ts'
import type { Progress } from './port.ts'
import type { SecureBootKeys } from './secure-boot-keys.ts'

/** A bucket of the project. */
export interface GcpBucket {
  readonly name: string
  readonly location: string
  readonly labels: Labels
}

/** An object that arrived whole. */
export interface GcpObject {
  readonly name: string
  readonly sizeBytes: number
  /** Base64; undefined for one that was put together of others. */
  readonly md5: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/** How far a resumable upload is. */
export type Uploaded = { readonly bytes: number } | { readonly object: GcpObject }

/** Each piece of an upload but the last is a multiple of this: https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload (2026-11) */
export const pieceMultipleBytes: number = 256 * 1024

/** What an image is made from: a packed disk in a bucket, or another image of the project. */
export type ImageSource = { readonly bucket: string; readonly object: string } | { readonly image: string }

/** https://cloud.google.com/compute/docs/reference/rest/v1/images/insert (2026-11) */
export interface ImageRequest {
  readonly name: string
  readonly description: string
  readonly source: ImageSource
  readonly architecture: 'X86_64' | 'ARM64'
  readonly guestOsFeatures: readonly string[]
  readonly shieldedInstanceInitialState?: SecureBootKeys
  readonly storageLocation: string
  readonly labels: Labels
}

/** Who has a role on an image. https://cloud.google.com/compute/docs/reference/rest/v1/images/setIamPolicy (2026-11) */
export interface Binding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: unknown
}

export interface ImagePolicy {
  readonly bindings: readonly Binding[]
  /** Changes with every change, so that none is lost. */
  readonly etag: string
}

/** Cloud Storage, and what of Compute Engine a finished disk needs. Calls fail with a SindriError that names the permission. */
export interface GcpDiskApi {
  readonly project: string
  /** The bucket, when it is one of this project. */
  bucket(name: string): Promise<GcpBucket | undefined>
  /** True when somebody has it, though not this project. */
  bucketTaken(name: string): Promise<boolean>
  /** Private for good, with nothing kept of what is deleted. */
  insertBucket(name: string, location: string, labels: Labels): Promise<void>
  /** @throws SindriError `conflict` while something is in it */
  deleteBucket(name: string): Promise<void>
  /** None where there is no such bucket. */
  objects(bucket: string, prefix: string): Promise<readonly GcpObject[]>
  setMetadata(bucket: string, name: string, metadata: Readonly<Record<string, string>>): Promise<void>
  deleteObject(bucket: string, name: string): Promise<void>
  /** Returns the URL of the upload, with which anybody can go on with it for a week: a secret. */
  beginUpload(bucket: string, name: string, metadata: Readonly<Record<string, string>>): Promise<string>
  /** @throws SindriError `not-found` when it is over or was never begun */
  uploaded(upload: string): Promise<Uploaded>
  /** Sends bytes that begin at `offset`; what Google has already it passes over. `last` says that none follow. */
  putPiece(upload: string, piece: Uint8Array, offset: number, last: boolean): Promise<Uploaded>
  cancelUpload(upload: string): Promise<void>
  /** The same token begins it once. Returns the name of the operation. */
  insertImage(image: ImageRequest, token: string): Promise<string>
  operation(name: string): Promise<Progress>
  setFamily(image: string, family: string): Promise<void>
  policy(image: string): Promise<ImagePolicy>
  /** @throws SindriError `timeout` when it was changed since it was read */
  setPolicy(image: string, policy: ImagePolicy): Promise<void>
  /** How many images the project may have and has; undefined when Google does not say. */
  imageQuota(): Promise<{ readonly limit: number; readonly usage: number } | undefined>
  regions(): Promise<readonly string[]>
  /** Whether the organisation's policy keeps everybody outside from being given anything. */
  strangers(): Promise<'refused' | 'allowed' | 'untold'>
}
