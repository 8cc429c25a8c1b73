import type { Setting } from '../../core/setting.ts'
import type { Step } from '../../core/step.ts'
import type { Release } from '../../release/release.ts'
import type { MadeImage, Publish } from '../cloud.ts'
import { isGone } from '../gone.ts'
import { tag } from '../tags.ts'
import type { AzureApi, VersionSettings } from './port.ts'
import type { AzureImageSettings } from './settings.ts'
import { sweepRun } from './sweep.ts'

/** Where images go. */
export interface PublishPlace {
  readonly group: string
  readonly settings: Pick<AzureImageSettings, 'buildResourceGroupName' | 'gallery' | 'location'>
  readonly definition: string | undefined
}

/**
 * The builder replicates, so there are no copies. What is declared of a gallery version is its end of life, and whether
 * it is the latest: it is built excluded, and offered last of all.
 */
export function azurePublish(api: AzureApi, place: PublishPlace): Publish {
  const { gallery } = place.settings
  return {
    prepare: () => makeGroup(api, place),
    sweepRun: (marks) => sweepRun(api, place, marks),
    plan: (release, built) => ({
      copies: [],
      settings:
        gallery === undefined ? [] : [endOfLife(api, gallery, release, built), offer(api, gallery, release, built)],
    }),
  }
}

/** The group images go to, made if it is not there: the builder wants it to be. */
async function makeGroup(api: AzureApi, { group, settings }: PublishPlace): Promise<void> {
  try {
    await api.group(group)
  } catch (error) {
    if (!isGone(error)) throw error
    await api.putGroup({ name: group, location: settings.location, tags: { [tag.managed]: 'true' } })
  }
}

type Gallery = NonNullable<AzureImageSettings['gallery']>

/** Azure shows the date and does nothing by itself. https://learn.microsoft.com/azure/virtual-machines/shared-image-galleries (2026-11) */
function endOfLife(api: AzureApi, gallery: Gallery, release: Release, image: Step<MadeImage>): Setting {
  const wanted = gallery.endOfLifeDate
  return {
    id: `deprecation/${release.region}`,
    title: 'end of life of the gallery version',
    after: [image],
    want: dateOf(wanted),
    read: async (got) => dateOf((await api.image(got(image).id)).version.endOfLife),
    write: (got) => change(api, got(image).id, (now) => ({ ...now, endOfLife: wanted })),
  }
}

function offer(api: AzureApi, gallery: Gallery, release: Release, image: Step<MadeImage>): Setting {
  const excluded = gallery.excludeFromLatest === true
  return {
    id: `latest/${release.region}`,
    title: 'whether the gallery version may be the latest',
    after: [image],
    want: offerOf(excluded),
    read: async (got) => offerOf((await api.image(got(image).id)).version.excludedFromLatest),
    write: (got) => change(api, got(image).id, (now) => ({ ...now, excludedFromLatest: excluded })),
  }
}

async function change(api: AzureApi, id: string, to: (now: VersionSettings) => VersionSettings): Promise<void> {
  await api.changeVersion(id, to((await api.image(id)).version))
}

function offerOf(excluded: boolean): string {
  return excluded ? 'never the latest' : 'the latest, when it is'
}

function dateOf(date: string | undefined): string {
  return date === undefined ? 'never' : new Date(date).toISOString()
}
