import type { Tags } from './port.ts'

/** How an image is started. https://www.alibabacloud.com/help/en/ecs/user-guide/instance-startup-mode (2026-11) */
export type BootMode = 'BIOS' | 'UEFI' | 'UEFI-Preferred'

/** A place in OSS. */
export interface Place {
  readonly region: string
  readonly bucket: string
}

/** An object's place. */
export interface ObjectPlace extends Place {
  readonly key: string
}

/** An object, or a part of one that is not whole yet. */
export interface Stored {
  readonly sizeBytes: number
  /** MD5 in hex, in upper case, where OSS has received it in one request. */
  readonly etag: string
}

/** What ImportImage is told. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importimage (2026-11) */
export interface ImportOrder {
  readonly object: ObjectPlace
  readonly name: string
  readonly description: string
  /** Of the system disk. */
  readonly sizeGiB: number
  readonly architecture: 'x86_64' | 'arm64'
  readonly bootMode: Exclude<BootMode, 'UEFI-Preferred'>
  readonly nvme: boolean
  readonly platform: string
  readonly tags: Tags
  /** The same one begins it once. */
  readonly token: string
}

/** An import that was begun. */
export interface Import {
  readonly imageId: string
  readonly taskId: string
}

/** How far an import is. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describetasks (2026-11) */
export interface ImportTask {
  readonly taskId: string
  /** `Finished`, `Processing`, `Failed`; older: `Waiting`, `Paused`, `Deleted`. */
  readonly status: string
}

/**
 * OSS, RAM's roles, and what of ECS a finished disk needs. Calls fail with a SindriError that names the RAM action;
 * removals are content when there is nothing (any more) to remove.
 */
export interface AlibabaDiskApi {
  /** The account's own bucket of this name; undefined when nobody has one. @throws SindriError `denied` when it is someone else's, or elsewhere */
  bucket(place: Place): Promise<{ readonly region: string; readonly access: string } | undefined>
  /** Makes a private bucket. @throws SindriError `conflict` when there is one of this name */
  createBucket(place: Place): Promise<void>
  /** An object with what was written on it; undefined when there is none, nor a bucket. */
  object(
    place: ObjectPlace,
  ): Promise<{ readonly sizeBytes: number; readonly crc64: string; readonly marks: Tags } | undefined>
  deleteObject(place: ObjectPlace): Promise<void>
  /** Unfinished uploads of objects whose keys begin so; none where there is no bucket. */
  uploads(place: Place, prefix: string): Promise<readonly { readonly key: string; readonly id: string }[]>
  /** Begins another upload each time. @param marks are written on the object */
  beginUpload(place: ObjectPlace, marks: Tags): Promise<string>
  /** The parts OSS has, by their numbers, which begin with 1. @throws SindriError `not-found` when the upload is gone */
  parts(place: ObjectPlace, upload: string): Promise<ReadonlyMap<number, Stored>>
  /** @param md5 of the bytes; OSS refuses others */
  putPart(place: ObjectPlace, upload: string, number: number, bytes: Uint8Array, md5: Buffer): Promise<void>
  /** Makes the parts an object; tells its CRC-64, in decimal. */
  completeUpload(place: ObjectPlace, upload: string, etags: readonly string[]): Promise<string>
  abortUpload(place: ObjectPlace, upload: string): Promise<void>

  /** The role's policies; undefined when there is no such role. */
  rolePolicies(role: string): Promise<readonly string[] | undefined>
  /** @param trust the document that says who takes the role on */
  createRole(role: string, description: string, trust: string): Promise<void>
  attachSystemPolicy(role: string, policy: string): Promise<void>

  importImage(order: ImportOrder): Promise<Import>
  /** The import of an image; undefined when Alibaba Cloud knows of none (any more). */
  importOf(region: string, imageId: string): Promise<ImportTask | undefined>
  /** Why an import failed, in Alibaba Cloud's words. */
  whyFailed(region: string, taskId: string): Promise<string>
  cancelTask(region: string, taskId: string): Promise<void>
  setBoot(region: string, imageId: string, boot: { readonly bootMode: BootMode; readonly nvme: boolean }): Promise<void>
}
