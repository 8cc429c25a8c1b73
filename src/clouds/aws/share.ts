import { SindriError } from '../../core/error.ts'
import type { Setting } from '../../core/setting.ts'
import type { Step } from '../../core/step.ts'
import { releasedAt } from '../../release/name.ts'
import type { Release } from '../../release/release.ts'
import type { MadeImage } from '../cloud.ts'
import type { AwsApi, AwsImage, Reader } from './port.ts'
import type { AwsImageSettings } from './settings.ts'

/** What is declared of an AMI and may change without a rebuild: metadata service, deprecation, and last of all its readers. */
export function imageSettings(
  api: AwsApi,
  settings: AwsImageSettings,
  release: Release,
  image: Step<MadeImage>,
  region: string,
  after: readonly Step<unknown>[],
): Setting[] {
  const declared: Setting[] = []
  const current = async (id: string): Promise<AwsImage> => {
    const [found] = await api.images(region, { ids: [id] })
    if (found === undefined) throw new SindriError('not-found', `image ${id} is gone from ${region}`)
    return found
  }
  if (settings.httpTokens === 'required') {
    declared.push({
      id: `imds/${region}`,
      title: `metadata service of instances from the image in ${region}`,
      after,
      want: 'v2.0',
      read: async (got) => ((await current(got(image).id)).imdsV2 ? 'v2.0' : 'any'),
      write: (got) => api.requireImdsV2(region, got(image).id),
    })
  }
  const now = Date.now()
  const deprecation = deprecationOf(settings, release)
  declared.push({
    id: `deprecation/${region}`,
    title: `deprecation of the image in ${region}`,
    after,
    want: deprecationText(deprecation, now),
    read: async (got) => deprecationText((await current(got(image).id)).deprecatedAt, now),
    write: (got) => api.deprecateAt(region, got(image).id, deprecation && notPast(deprecation, now)),
  })
  const wanted = readersOf(settings)
  declared.push({
    id: `readers/${region}`,
    title: `readers of the image in ${region}`,
    after,
    want: readerText(wanted),
    read: async (got) => readerText(await api.readers(region, got(image).id)),
    async write(got) {
      const { id } = got(image)
      await api.changeReaders(region, id, changeOf(await api.readers(region, id), wanted))
    },
  })
  return declared
}

/** Everyone the config names, as EC2 launch permissions. */
export function readersOf(settings: AwsImageSettings): readonly Reader[] {
  return [
    ...settings.amiUsers.map((id) => ({ kind: 'user', id }) as const),
    ...settings.amiGroups.map((id) => ({ kind: 'group', id }) as const),
    ...settings.amiOrgArns.map((id) => ({ kind: 'organization', id }) as const),
    ...settings.amiOuArns.map((id) => ({ kind: 'unit', id }) as const),
  ]
}

/** What makes `wanted` of those who are `present`. */
export function changeOf(
  present: readonly Reader[],
  wanted: readonly Reader[],
): { readonly add: readonly Reader[]; readonly remove: readonly Reader[] } {
  const has = (list: readonly Reader[], one: Reader): boolean =>
    list.some((other) => other.kind === one.kind && other.id === one.id)
  return {
    add: wanted.filter((one) => !has(present, one)),
    remove: present.filter((one) => !has(wanted, one)),
  }
}

/** Readers as people read them, the same in whatever order. */
export function readerText(readers: readonly Reader[]): string {
  if (readers.length === 0) return 'private'
  return readers
    .map(({ kind, id }) => `${kind} ${id}`)
    .sort()
    .join(', ')
}

/** EC2 keeps the minute and drops the seconds: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableImageDeprecation.html */
function deprecationOf(settings: AwsImageSettings, release: Release): string | undefined {
  if (settings.deprecateAfterDays === undefined) return undefined
  const day = 24 * 60 * 60 * 1000
  return minute(Date.parse(releasedAt(release.name)) + settings.deprecateAfterDays * day)
}

/** EC2 takes no time that has passed: what should have been deprecated before is as soon as it can be. */
const soonMs = 5 * 60_000

export function notPast(at: string, now: number): string {
  return minute(Math.max(Date.parse(at), now + soonMs))
}

/** The minute of a deprecation, as people read it; EC2 takes none that has passed, so one that has is only told to be over. */
export function deprecationText(at: string | undefined, now: number): string {
  if (at === undefined || at === '') return 'never'
  return Date.parse(at) <= now + soonMs ? 'deprecated' : minute(Date.parse(at))
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16)}:00.000Z`
}
