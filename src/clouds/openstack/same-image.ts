import { SindriError } from '../../core/error.ts'
import type { ImageQuery, NewImage, OpenStackImage, Sent } from './port.ts'

/** True for an image that the query asks for. */
export function fits(image: OpenStackImage, { name, tags = [], properties = {} }: ImageQuery): boolean {
  return (
    (name === undefined || image.name === name) &&
    tags.every((tag) => image.tags.includes(tag)) &&
    Object.entries(properties).every(([key, value]) => image.properties[key] === value)
  )
}

/**
 * What is there under the id of an image that was to be made, if it is that image. What may be changed later, such as
 * visibility, may differ. @throws SindriError `conflict`
 */
export function adopted(
  wanted: NewImage,
  found: OpenStackImage | undefined,
  project: string,
  conflict: SindriError,
): OpenStackImage {
  if (found === undefined) {
    throw new SindriError(
      'conflict',
      `the id ${wanted.id} was taken by an image that is deleted or another project's`,
      {
        hint: 'Glance gives an id only once: choose another',
        cause: conflict,
      },
    )
  }
  const differing = [
    found.owner === project ? [] : 'owner',
    found.name === wanted.name ? [] : 'name',
    found.diskFormat === wanted.diskFormat ? [] : 'disk_format',
    wanted.tags.every((tag) => found.tags.includes(tag)) ? [] : 'tags',
    Object.entries(wanted.properties).flatMap(([name, value]) => (found.properties[name] === value ? [] : name)),
  ].flat()
  if (differing.length === 0) return found
  throw new SindriError(
    'conflict',
    `image ${wanted.id} is there and is not the one wanted: ${differing.join(', ')} differ`,
    {
      cause: conflict,
    },
  )
}

/** @throws SindriError `failed` when Glance has other bytes than those sent */
export function compare({ id, hash, sizeBytes }: OpenStackImage, sent: Sent): void {
  const same = hash?.algorithm === 'sha512' ? hash.value === sent.sha512 : sizeBytes === sent.bytes
  if (same) return
  const has = hash === undefined ? `${sizeBytes} bytes` : `${hash.algorithm} ${hash.value}`
  throw new SindriError('failed', `image ${id} has ${has}, and sha512 ${sent.sha512} (${sent.bytes} bytes) was sent`, {
    hint: 'remove the image and publish again',
  })
}
