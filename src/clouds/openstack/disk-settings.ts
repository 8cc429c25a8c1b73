import type { OpenStackReleaseSettings } from '../../config/targets/openstack.ts'
import type { Setting } from '../../core/setting.ts'
import type { Got, Step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { minDiskOf, propertiesOf } from './disk-properties.ts'
import type { ImageService, OpenStackImage, Visibility } from './port.ts'

/** An image of a region, and all that has to exist before it is opened. */
export interface Place {
  readonly region: string
  readonly images: ImageService
  readonly image: Step<MadeImage>
  readonly after: readonly Step<unknown>[]
}

const patience = (): AbortSignal => AbortSignal.timeout(10 * 60_000)

/** What machines are told of the image of a region, and whether it may be deleted. */
export function imageSettings(
  settings: OpenStackReleaseSettings,
  publication: Publication,
  { region, images, image, after }: Place,
): readonly Setting[] {
  const properties = propertiesOf(settings, publication)
  const minDiskGib = minDiskOf(settings, publication.disk.sizeBytes)
  const current = (got: Got): Promise<OpenStackImage> => images.get(got(image).id, patience())
  const text = (of: Pick<OpenStackImage, 'properties' | 'minDiskGib' | 'hidden'>): string =>
    [
      ...Object.keys(properties).flatMap((name) => {
        const value = of.properties[name]
        return value === undefined ? [] : [`${name}=${value}`]
      }),
      `min_disk=${of.minDiskGib}`,
      ...(of.hidden ? ['os_hidden=true'] : []),
    ]
      .sort()
      .join(', ')
  const shield = (on: boolean): string => (on ? 'protected' : 'not protected')
  return [
    {
      id: `openstack/properties/${region}`,
      title: `properties of the image in ${region}`,
      after,
      want: text({ properties, minDiskGib, hidden: false }),
      read: async (got) => text(await current(got)),
      write: async (got) =>
        void (await images.change(got(image).id, { properties, minDiskGib, hidden: false }, patience())),
    },
    {
      id: `openstack/protected/${region}`,
      title: `protection of the image in ${region}`,
      after,
      want: shield(settings.protected),
      read: async (got) => shield((await current(got)).protected),
      write: async (got) => void (await images.change(got(image).id, { protected: settings.protected }, patience())),
    },
  ]
}

/**
 * Who may use the image of a region. A project sees the image in its lists when it has accepted it, and may use it before.
 * https://docs.openstack.org/api-ref/image/v2/#sharing (2026-11)
 */
export function readerSetting(
  { projects }: Pick<OpenStackReleaseSettings, 'projects'>,
  { audience }: Publication,
  { region, images, image, after }: Place,
): Setting {
  const wanted: Visibility = audience !== 'private' ? audience : projects.length > 0 ? 'shared' : 'private'
  const members = wanted === 'shared' ? projects : []
  /** Only a shared image has members. */
  const membersOf = async ({ id, visibility }: OpenStackImage): Promise<readonly string[]> =>
    visibility === 'shared' ? (await images.members(id, patience())).map(({ project }) => project) : []
  return {
    id: `openstack/readers/${region}`,
    title: `readers of the image in ${region}`,
    after,
    want: readerText(wanted, members),
    async read(got) {
      const now = await images.get(got(image).id, patience())
      return readerText(now.visibility, await membersOf(now))
    },
    async write(got) {
      const now = await images.get(got(image).id, patience())
      const { id } = now
      const present = await membersOf(now)
      for (const project of present.filter((one) => !members.includes(one)))
        await unlessGone(images.removeMember(id, project, patience()))
      if (now.visibility !== wanted) await images.change(id, { visibility: wanted }, patience())
      for (const project of members.filter((one) => !present.includes(one)))
        await images.addMember(id, project, patience())
    },
  }
}

/** A shared image without members is as good as a private one. */
function readerText(visibility: Visibility, members: readonly string[]): string {
  if (visibility !== 'shared') return visibility
  if (members.length === 0) return 'private'
  return [...members]
    .sort()
    .map((project) => `project ${project}`)
    .join(', ')
}
