import type { CloudImage, MadeImage } from './cloud.ts'

/** Under which keys an image's tags say what it is. */
interface TagNames {
  readonly version: string
  readonly release: string
  readonly fingerprint: string
  readonly base: string
  readonly sshUser: string
}

/** An image in the words all clouds share; `tags` say the rest, under the keys in `names`. */
export function cloudImage(
  own: MadeImage & Pick<CloudImage, 'state' | 'createdAt' | 'tags'>,
  names: TagNames,
): CloudImage {
  const { tags } = own
  return {
    ...own,
    sindriVersion: tags[names.version],
    release: tags[names.release],
    fingerprint: tags[names.fingerprint],
    base: tags[names.base],
    sshUser: tags[names.sshUser],
  }
}

/** The images whose names begin so, newest first. */
export function newestFirst(images: readonly CloudImage[], namePrefix: string): readonly CloudImage[] {
  const named = images.filter(({ name }) => name.startsWith(namePrefix))
  return named.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
}

/** The images of the same release in other regions, as `inRegion` finds them. */
export async function copiesElsewhere(
  { release, region }: CloudImage,
  regions: readonly string[],
  inRegion: (region: string, release: string) => Promise<readonly CloudImage[]>,
): Promise<readonly CloudImage[]> {
  if (release === undefined) return []
  const others = regions.filter((one) => one !== region)
  return (await Promise.all(others.map((one) => inRegion(one, release)))).flat()
}
