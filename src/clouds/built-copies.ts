import { type BuiltImage, builtDigest, type ReleaseIdentity } from '../release/publication.ts'
import type { CloudImage } from './cloud.ts'
import type { Finding } from './disk-target.ts'
import { tag } from './tags.ts'

type Tags = Readonly<Record<string, string>>

/** What the copies carry that a release makes of a built image, besides what that carries. */
export function builtTags({ key }: ReleaseIdentity, image: BuiltImage): Tags {
  return {
    ...{ [tag.managed]: 'true', [tag.release]: key, [tag.fingerprint]: builtDigest(image) },
    [tag.source]: `${image.region}/${image.id}`,
  }
}

/** What images of a release say they are copies of; undefined where they say nothing. */
export function sourceIn(images: readonly { readonly tags: Tags }[]): BuiltImage | undefined {
  const [region, id] = images[0]?.tags[tag.source]?.split('/') ?? []
  return region === undefined || id === undefined ? undefined : { region, id }
}

/** Of the images of a release in a region those that were made from something else. */
export function otherFindings(
  images: readonly { readonly id: string; readonly tags: Tags }[],
  { key }: ReleaseIdentity,
  image: BuiltImage,
  region: string,
): readonly Finding[] {
  const other = images.find(({ tags }) => tags[tag.fingerprint] !== builtDigest(image))
  if (other === undefined) return []
  return [
    {
      level: 'error',
      message: `${region} has ${other.id} of ${key}, which was published from something else than ${image.id}`,
      hint: 'give the new image a version of its own; a version that is out is never changed',
    },
  ]
}

/** What copies of an image are found by, and carry: its release, or else the image itself. */
export function familyOf({ id, release = id, fingerprint = id }: CloudImage): {
  readonly release: string
  readonly fingerprint: string
  readonly tags: Tags
} {
  const tags = { [tag.managed]: 'true', [tag.release]: release, [tag.fingerprint]: fingerprint }
  return { release, fingerprint, tags }
}
