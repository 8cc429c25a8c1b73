import type { Poll } from '../../core/step.ts'
import type { AwsObjects, ObjectPlace } from './object-port.ts'
import type { Reader, TagFilter, Tags } from './port.ts'

/** A snapshot of our own. */
export interface AwsSnapshot {
  readonly id: string
  /** `pending`, `completed`, `error`, `recoverable`, `recovering`. */
  readonly state: string
  readonly reason: string
  readonly sizeGiB: number
  readonly encrypted: boolean
  readonly tags: Tags
}

/** What RegisterImage is told of a disk. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html */
export interface Registration {
  readonly name: string
  readonly description: string
  readonly snapshot: string
  readonly architecture: 'x86_64' | 'arm64'
  readonly bootMode: 'uefi' | 'legacy-bios' | 'uefi-preferred'
  readonly tpm: boolean
  /** Variables of the firmware, in base64. */
  readonly uefiData?: string
  readonly tags: Tags
}

/** How EBS takes a disk: the size of its blocks never changes, says https://docs.aws.amazon.com/ebs/latest/APIReference/API_StartSnapshot.html (2026-11). */
export const blockBytes: number = 512 * 1024

/** How far an import is. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SnapshotTaskDetail.html (2026-11) */
export interface AwsImport {
  /** `active`, `completed`, `deleting`, `deleted`: the last two after a failure. */
  readonly status: string
  readonly message: string
  /** Of 100. */
  readonly progress: number | undefined
  /** Known when it is completed. */
  readonly snapshot: string | undefined
}

/** EBS direct, and what of EC2 and Systems Manager a finished disk needs. Calls fail with a SindriError that names the IAM action. */
export interface AwsDiskApi {
  snapshots(region: string, tags: TagFilter): Promise<readonly AwsSnapshot[]>
  /** The same token begins one snapshot. */
  startSnapshot(
    region: string,
    snapshot: { readonly sizeGiB: number; readonly description: string; readonly token: string; readonly tags: Tags },
  ): Promise<string>
  /** Stores a whole block. @param checksum sha256 in base64 */
  putBlock(region: string, snapshot: string, index: number, block: Uint8Array, checksum: string): Promise<void>
  /** @param checksum base64 of the sha256 over the checksums of all blocks that were put, in the order of their indexes */
  completeSnapshot(region: string, snapshot: string, blocks: number, checksum: string): Promise<void>
  /** Undefined while it is not known yet, or not any more. @param plain an encrypted one counts as failed */
  pollSnapshot(region: string, snapshot: string, plain: boolean): Promise<Poll<string> | undefined>
  /** Begins to make a snapshot of a VMDK in a bucket of the region; the same token begins one import. Tells the task's id. */
  importSnapshot(
    region: string,
    order: { readonly object: ObjectPlace; readonly description: string; readonly token: string; readonly tags: Tags },
  ): Promise<string>
  importOf(region: string, task: string): Promise<AwsImport>
  /** Tasks that carry all of these tags. */
  imports(region: string, tags: Tags): Promise<readonly string[]>
  cancelImport(region: string, task: string): Promise<void>
  tagSnapshot(region: string, snapshot: string, tags: Tags): Promise<void>
  /** Whom the role lets assume it, as a policy in JSON; undefined when there is no such role. */
  roleTrust(role: string): Promise<string | undefined>
  readonly objects: AwsObjects
  deleteSnapshot(region: string, snapshot: string): Promise<void>
  registerImage(region: string, image: Registration): Promise<string>
  snapshotReaders(region: string, snapshot: string): Promise<readonly Reader[]>
  changeSnapshotReaders(
    region: string,
    snapshot: string,
    change: { readonly add: readonly Reader[]; readonly remove: readonly Reader[] },
  ): Promise<void>
  /** The value of a parameter; undefined when there is none. */
  parameter(region: string, name: string): Promise<string | undefined>
  putTextParameter(region: string, name: string, value: string): Promise<void>
  deleteParameter(region: string, name: string): Promise<void>
  putImageParameter(region: string, name: string, imageId: string): Promise<void>
  /** True where new snapshots are encrypted whatever is asked for. */
  encryptsByDefault(region: string): Promise<boolean>
  setEncryptionByDefault(region: string, on: boolean): Promise<void>
  /** True where no image may be made public. */
  blocksPublicImages(region: string): Promise<boolean>
}
