import type { Audience } from '../config/sections/release.ts'
import { digest } from '../core/digest.ts'
import { SindriError } from '../core/error.ts'

/** What a release is called, in every cloud. */
export interface ReleaseIdentity {
  /** `<project>-<version>-<os>`: what all it made is found by. */
  readonly key: string
  /** `<project>-<version>-<date>-<os>`: what its images are called, before a cloud's own rules. */
  readonly name: string
  readonly project: string
  readonly version: string
  readonly os: string
  readonly audience: Audience
}

/** What one release of a disk is: frozen when it is first asked for. Who may read it is no part of it. */
export interface Publication extends ReleaseIdentity {
  readonly disk: PublishedDisk
}

/** What one release of images is that were built, one in each cloud; frozen like that of a disk. */
export interface BuiltPublication extends ReleaseIdentity {
  /** By cloud. */
  readonly built: Readonly<Record<string, BuiltImage>>
}

/** An image that was built, which a release copies. */
export interface BuiltImage {
  readonly id: string
  /** Where it is. */
  readonly region: string
}

/** What of a disk decides what is made of it. */
export interface PublishedDisk {
  /** sha256 of the bytes a machine sees, in hex. */
  readonly digest: string
  readonly sizeBytes: number
  readonly architecture: 'x86_64' | 'arm64'
  readonly firmware: 'uefi' | 'bios' | 'both'
}

/** `golden-1.4.2-debian12`. */
export function publicationKey(project: string, version: string, os: string): string {
  return `${project}-${version}-${os}`
}

/** `golden-1.4.2-20261121-debian12`: the day (UTC) is that of the first run. */
export function publicationName(project: string, version: string, at: number, os: string): string {
  return `${project}-${version}-${new Date(at).toISOString().slice(0, 10).replaceAll('-', '')}-${os}`
}

/** @throws SindriError `conflict` when the same version was made from another disk, or boots otherwise */
export function checkSame(frozen: Pick<Publication, 'key' | 'disk'>, disk: PublishedDisk): void {
  const differing = (['digest', 'sizeBytes', 'architecture', 'firmware'] as const).filter(
    (part) => frozen.disk[part] !== disk[part],
  )
  const [part] = differing
  if (part === undefined) return
  const what = part === 'digest' ? 'disk' : part
  throw new SindriError(
    'conflict',
    `${frozen.key} was published from another ${what}: ${frozen.disk[part]}, and this is ${disk[part]}`,
    { hint: 'give the new disk a version of its own; a version that is out is never changed' },
  )
}

/** Stands for a built image as the sha256 of a disk does: what copies of it carry. */
export function builtDigest({ id }: BuiltImage): string {
  return digest({ image: id })
}

/** @throws SindriError `conflict` when the same version was made from another image that was built */
export function checkSameImage(key: string, cloud: string, before: BuiltImage, now: BuiltImage): void {
  if (before.id === now.id) return
  throw new SindriError(
    'conflict',
    `${cloud}: ${key} was published from another image: ${before.id}, and this is ${now.id}`,
    {
      hint: 'give the new image a version of its own; a version that is out is never changed',
    },
  )
}
