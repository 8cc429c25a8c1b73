import type { GcpReleaseSettings } from '../../config/targets/gcp.ts'
import type { Setting } from '../../core/setting.ts'
import type { Step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import type { GcpApis } from './disk-find.ts'
import type { ImagePolicy } from './disk-port.ts'

/** An image of a storage location, and all that has to exist before it is opened. */
export interface Place {
  readonly region: string
  readonly image: Step<MadeImage>
  readonly after: readonly Step<unknown>[]
}

/** Lets those who have it make instances and disks of an image: https://cloud.google.com/compute/docs/images/managing-access-custom-images (2026-11) */
const readerRole = 'roles/compute.imageUser'

/** Everybody with an account of Google's; Compute Engine takes no `allUsers`. */
const everybody = 'allAuthenticatedUsers'

/** Who may use an image, whether it is deprecated, and, of the first, its family: in this order, so that none is led to too early. */
export function placeSettings(
  { images, disks }: GcpApis,
  settings: GcpReleaseSettings,
  { audience }: Publication,
  { region, image, after }: Place,
): readonly Setting[] {
  const readers = [...settings.readers, ...(audience === 'private' ? [] : [everybody])]
  const state = settings.staged ? 'DEPRECATED' : 'ACTIVE'
  const { family } = settings
  const isHome = region === settings.regions[0]
  return [
    {
      id: `gcp/readers/${region}`,
      title: `readers of the image in ${region}`,
      after,
      want: textOf(readers),
      read: async (got) => textOf(readersIn(await disks.policy(got(image).id))),
      async write(got) {
        const { id } = got(image)
        await disks.setPolicy(id, withReaders(await disks.policy(id), readers))
      },
    },
    {
      id: `gcp/state/${region}`,
      title: `deprecation of the image in ${region}`,
      after,
      want: state.toLowerCase(),
      read: async (got) => (await images.image(got(image).id)).deprecation.state.toLowerCase(),
      write: (got) => images.deprecate(got(image).id, { state, at: undefined }),
    },
    ...(family !== undefined && isHome
      ? [
          {
            id: 'gcp/family',
            title: 'family of the image',
            after,
            want: family,
            read: async (got) => (await images.image(got(image).id)).family ?? 'none',
            write: (got) => disks.setFamily(got(image).id, family),
          } satisfies Setting,
        ]
      : []),
  ]
}

/** Members with the role, also those with a condition. */
function readersIn({ bindings }: ImagePolicy): readonly string[] {
  return bindings.filter(({ role }) => role === readerRole).flatMap(({ members }) => members)
}

/** Other roles stay as they are. */
function withReaders({ bindings, etag }: ImagePolicy, members: readonly string[]): ImagePolicy {
  const others = bindings.filter(({ role }) => role !== readerRole)
  return { etag, bindings: [...others, ...(members.length > 0 ? [{ role: readerRole, members }] : [])] }
}

function textOf(members: readonly string[]): string {
  return members.length === 0 ? 'private' : [...new Set(members)].sort().join(', ')
}
