/** Where an object is. */
export interface ObjectPlace {
  readonly region: string
  readonly bucket: string
  readonly key: string
}

/** A part of an upload that S3 has. */
export interface StoredPart {
  readonly etag: string
  /** Base64. */
  readonly sha256: string
}

/** S3 as the way of a disk to an import. Calls fail with a SindriError that names the IAM action. */
export interface AwsObjects {
  /** @throws SindriError `not-found` when there is no such bucket, `conflict` when it is in another region */
  checkBucket(region: string, bucket: string): Promise<void>
  /** The sha256 over the sha256 of its parts in base64, with their number; undefined when there is no such object. */
  object(place: ObjectPlace): Promise<{ readonly sha256: string } | undefined>
  /** Unfinished uploads under a prefix. */
  uploads(
    place: Omit<ObjectPlace, 'key'>,
    prefix: string,
  ): Promise<readonly { readonly key: string; readonly id: string }[]>
  beginUpload(place: ObjectPlace): Promise<string>
  /** The parts S3 has, by their numbers from 1. @throws SindriError `not-found` when the upload is gone */
  parts(place: ObjectPlace, upload: string): Promise<ReadonlyMap<number, StoredPart>>
  /** @param sha256 in base64; S3 refuses other bytes. Tells its etag. */
  putPart(place: ObjectPlace, upload: string, part: number, bytes: Uint8Array, sha256: string): Promise<string>
  /** @param parts in the order of their numbers from 1 @param sha256 as `object` tells it */
  completeUpload(place: ObjectPlace, upload: string, parts: readonly StoredPart[], sha256: string): Promise<void>
  abortUpload(place: ObjectPlace, upload: string): Promise<void>
  deleteObject(place: ObjectPlace): Promise<void>
}
