import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import { SindriError } from '../../core/error.ts'
import type { Setting } from '../../core/setting.ts'
import type { Got, Step } from '../../core/step.ts'
import type { ReleaseIdentity } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import type { PlannedImage } from '../disk-target.ts'
import type { AwsApis } from './disk-plan.ts'
import type { AwsImage, Reader } from './port.ts'
import { changeOf, deprecationText, notPast, readerText } from './share.ts'

/** An image of a region, and all that has to exist before it is opened. */
interface Place {
  readonly region: string
  readonly image: Step<MadeImage>
  readonly after: readonly Step<unknown>[]
}

/** What is opened when every required image is there, and after that what points to them. */
export function openingSettings(
  apis: AwsApis,
  settings: AwsReleaseSettings,
  release: ReleaseIdentity,
  images: readonly PlannedImage[],
): readonly Setting[] {
  const required = images.filter(({ step }) => !step.bestEffort).map(({ step }) => step)
  const places = images.map(({ region, step }) => ({ region, image: step, after: [...new Set([...required, step])] }))
  return [
    ...places.flatMap((place) => readerSettings(apis, settings, release, place)),
    ...places.flatMap((place) => deprecationSettings(apis, settings, place)),
    ...places.flatMap((place) => pointerSettings(apis, settings, release, place)),
  ]
}

/** Who may use the image of a region and its snapshot. */
function readerSettings(
  { images, disks }: AwsApis,
  settings: AwsReleaseSettings,
  release: ReleaseIdentity,
  { region, image, after }: Place,
): readonly Setting[] {
  const readers = readersOf(settings, release)
  // Organizations have no part in the permissions of a snapshot.
  const snapshotReaders = readers.filter(({ kind }) => kind === 'user' || kind === 'group')
  const current = async (got: Got): Promise<AwsImage> => {
    const [found] = await images.images(region, { ids: [got(image).id] })
    if (found === undefined) throw new SindriError('not-found', `image ${got(image).id} is gone from ${region}`)
    return found
  }
  const snapshotOf = async (got: Got): Promise<string> => (await current(got)).snapshots[0] ?? ''
  return [
    {
      id: `aws/snapshot-readers/${region}`,
      title: `readers of the snapshot in ${region}`,
      after,
      want: readerText(snapshotReaders),
      read: async (got) => readerText(await disks.snapshotReaders(region, await snapshotOf(got))),
      async write(got) {
        const snapshot = await snapshotOf(got)
        const change = changeOf(await disks.snapshotReaders(region, snapshot), snapshotReaders)
        await disks.changeSnapshotReaders(region, snapshot, change)
      },
    },
    {
      id: `aws/readers/${region}`,
      title: `readers of the image in ${region}`,
      after,
      want: readerText(readers),
      read: async (got) => readerText(await images.readers(region, got(image).id)),
      async write(got) {
        const { id } = got(image)
        await images.changeReaders(region, id, changeOf(await images.readers(region, id), readers))
      },
    },
  ]
}

/** When the image of a region is deprecated, where a date is declared. Public ones are after two years by themselves. */
function deprecationSettings(
  { images }: AwsApis,
  { deprecationDate: date }: AwsReleaseSettings,
  { region, image, after }: Place,
): readonly Setting[] {
  if (date === undefined) return []
  const now = Date.now()
  return [
    {
      id: `aws/deprecation/${region}`,
      title: `deprecation of the image in ${region}`,
      after,
      want: deprecationText(date, now),
      async read(got) {
        const [found] = await images.images(region, { ids: [got(image).id] })
        return deprecationText(found?.deprecatedAt, now)
      },
      write: (got) => images.deprecateAt(region, got(image).id, notPast(date, now)),
    },
  ]
}

/** What points to the image of a region: set when every image is open to its readers. */
function pointerSettings(
  { disks }: AwsApis,
  { ssmParameter: parameter }: AwsReleaseSettings,
  { name }: ReleaseIdentity,
  { region, image, after }: Place,
): readonly Setting[] {
  if (parameter === undefined) return []
  return [
    {
      id: `aws/pointer/${region}`,
      title: `${parameter} in ${region}`,
      after,
      want: name,
      // It points to this release when it holds this image's id.
      async read(got) {
        const value = await disks.parameter(region, parameter)
        return value === got(image).id ? name : (value ?? 'nothing')
      },
      write: (got) => disks.putImageParameter(region, parameter, got(image).id),
    },
  ]
}

/** Others than the account itself use the images: what is encrypted by its default key opens to none of them. */
export function isShared(
  { accounts, organizations, organizationalUnits }: AwsReleaseSettings,
  { audience }: Pick<ReleaseIdentity, 'audience'>,
): boolean {
  return audience !== 'private' || [accounts, organizations, organizationalUnits].some((all) => all.length > 0)
}

/** Everyone who is declared, as EC2 launch permissions. */
function readersOf(settings: AwsReleaseSettings, { audience }: ReleaseIdentity): readonly Reader[] {
  return [
    ...settings.accounts.map((id) => ({ kind: 'user', id }) as const),
    ...settings.organizations.map((id) => ({ kind: 'organization', id }) as const),
    ...settings.organizationalUnits.map((id) => ({ kind: 'unit', id }) as const),
    ...(audience !== 'private' ? [{ kind: 'group', id: 'all' } as const] : []),
  ]
}
