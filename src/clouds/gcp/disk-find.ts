import type { Publication } from '../../release/publication.ts'
import { objectKey, objectPrefix } from './disk-names.ts'
import type { GcpDiskApi, GcpObject } from './disk-port.ts'
import { label, labelDigest, resourceName } from './labels.ts'
import type { GcpApi, GcpImage } from './port.ts'

/** What is asked of Google for a disk: both halves of its API. */
export interface GcpApis {
  readonly images: GcpApi
  readonly disks: GcpDiskApi
}

/** What there is of the image of a storage location and has not failed; `ours` says that it is of this disk. */
export async function imagesOf(
  { images }: GcpApis,
  { key, disk }: Publication,
  region: string,
): Promise<readonly { readonly image: GcpImage; readonly ours: boolean }[]> {
  const found = await images.images({ labels: { [label.release]: resourceName(key), [label.location]: region } })
  return found
    .filter(({ status }) => status !== 'FAILED' && status !== 'DELETING')
    .map((image) => ({ image, ours: image.labels[label.fingerprint] === labelDigest(disk.digest) }))
}

/** The objects of this release, of whatever disk. */
export async function objectsOf(api: GcpDiskApi, bucket: string, key: string): Promise<readonly GcpObject[]> {
  const found = await api.objects(bucket, objectPrefix(key))
  return found.filter(({ metadata }) => metadata[objectKey.release] === key)
}
