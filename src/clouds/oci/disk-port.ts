import type { OciImage } from './port.ts'

/** Where the objects of one tenancy and region are. */
export interface Bucket {
  readonly region: string
  readonly namespace: string
  readonly name: string
}

/** What of a bucket decides whether a disk can pass through it. https://docs.oracle.com/iaas/api/#/en/objectstorage/20160918/Bucket (2026-11) */
export interface BucketFacts {
  /** `NoPublicAccess`, `ObjectRead`, `ObjectReadWithoutList`. */
  readonly publicAccess: string
  /** `Standard` or `Archive`. */
  readonly tier: string
  /** `Disabled`, `Enabled`, `Suspended`. */
  readonly versioning: string
  readonly readOnly: boolean
}

/** An object that is whole. */
export interface StoredObject {
  /** Another for each that is made, even of the same bytes. */
  readonly etag: string
  /** `opc-multipart-md5`: base64, a dash and the number of parts. */
  readonly multipartMd5: string | undefined
  /** What was written on it when its upload began. */
  readonly metadata: Readonly<Record<string, string>>
}

/** One part of an unfinished upload. */
export interface StoredPart {
  /** From 1. */
  readonly number: number
  readonly etag: string
  /** In base64. */
  readonly md5: string
}

/** An unfinished upload. */
export interface Upload {
  readonly object: string
  readonly id: string
}

/** A pre-authenticated request, without what makes it a secret. */
export interface Access {
  readonly id: string
  readonly name: string
  readonly object: string
}

/** How instances of an image are launched, as its capability schema says. */
export interface LaunchOptions {
  readonly firmware: readonly string[]
  readonly launchMode: string
  readonly network: string
  readonly bootVolume: string
}

/** A capability schema with what it says. */
export interface CapabilitySchema {
  readonly id: string
  readonly options: LaunchOptions
}

/** What is imported. */
export interface ImageImport {
  readonly compartment: string
  readonly name: string
  /** A pre-authenticated request: whoever has it reads the object, so it is a secret. */
  readonly sourceUri: string
  readonly operatingSystem: string
  readonly operatingSystemVersion: string
  readonly tags: Readonly<Record<string, string>>
  readonly token: string
}

/** How far an import is. https://docs.oracle.com/iaas/api/#/en/workrequests/20160918/WorkRequest (2026-11) */
export interface ImportProgress {
  /** `ACCEPTED`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `CANCELING`, `CANCELED`. */
  readonly status: string
  /** 0 to 1. */
  readonly fraction: number
  /** Why it failed, in Oracle's words. */
  readonly errors: readonly string[]
}

/** What of Object Storage a finished disk needs. */
export interface OciStorage {
  namespace(region: string): Promise<string>
  /** Undefined where there is none, or none that may be read: Oracle does not tell which. */
  bucket(bucket: Bucket): Promise<BucketFacts | undefined>
  /** Makes it, private. Content where it is there. */
  createBucket(bucket: Bucket, compartment: string): Promise<void>

  object(bucket: Bucket, name: string): Promise<StoredObject | undefined>
  objects(bucket: Bucket, prefix: string): Promise<readonly string[]>
  deleteObject(bucket: Bucket, name: string): Promise<void>

  /** Begins an upload in parts, and returns its id. */
  startUpload(bucket: Bucket, name: string, metadata: Readonly<Record<string, string>>): Promise<string>
  /** Unfinished ones; none where there is no bucket. */
  uploads(bucket: Bucket): Promise<readonly Upload[]>
  parts(bucket: Bucket, upload: Upload): Promise<readonly StoredPart[]>
  /** Stores one part, of which Object Storage checks the MD5 (base64). Returns the part's ETag. */
  putPart(bucket: Bucket, upload: Upload, number: number, bytes: Uint8Array, md5: string): Promise<string>
  /**
   * Makes one object of the parts; returns its `opc-multipart-md5`.
   * @throws SindriError `not-found` where the upload has ended, `conflict` where there is such an object
   */
  commit(bucket: Bucket, upload: Upload, parts: readonly Omit<StoredPart, 'md5'>[]): Promise<string | undefined>
  abort(bucket: Bucket, upload: Upload): Promise<void>

  /** Lets whoever has the URL that is returned read one object until it expires (epoch milliseconds). */
  createAccess(bucket: Bucket, object: string, name: string, expiresAt: number): Promise<string>
  /** Those for objects whose names begin so; none where there is no bucket. */
  accesses(bucket: Bucket, prefix: string): Promise<readonly Access[]>
  deleteAccess(bucket: Bucket, id: string): Promise<void>
}

/** And what of Compute, Identity and Limits. */
export interface OciDiskApi extends OciStorage {
  identity(): Promise<string>
  images(region: string, compartment: string): Promise<readonly OciImage[]>
  /** @throws SindriError `conflict` when the token has made another image, or `not-found` */
  importImage(region: string, image: ImageImport): Promise<{ readonly imageId: string; readonly workRequest: string }>
  image(region: string, id: string): Promise<OciImage>
  deleteImage(region: string, id: string): Promise<void>
  importProgress(region: string, workRequest: string): Promise<ImportProgress>

  capabilities(region: string, compartment: string, image: string): Promise<readonly CapabilitySchema[]>
  createCapabilities(region: string, compartment: string, image: string, options: LaunchOptions): Promise<void>
  updateCapabilities(region: string, id: string, options: LaunchOptions): Promise<void>
  deleteCapabilities(region: string, id: string): Promise<void>
  shapes(region: string, image: string): Promise<readonly string[]>
  addShape(region: string, image: string, shape: string): Promise<void>

  /** Regions the tenancy may use now. */
  subscribedRegions(region: string): Promise<readonly string[]>
  /** How many more custom images there may be; undefined where that is not told. */
  imagesLeft(region: string): Promise<number | undefined>
}
