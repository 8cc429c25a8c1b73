import type { Setting } from '../../core/setting.ts'
import type { Step } from '../../core/step.ts'
import { releasedAt } from '../../release/name.ts'
import type { Release } from '../../release/release.ts'
import type { MadeImage, Publish } from '../cloud.ts'
import type { Deprecation, GcpApi } from './port.ts'
import type { GcpImageSettings } from './settings.ts'
import { sweepRun } from './sweep.ts'

/** An image is in every region from the beginning, so there are no copies; what is declared of it is its deprecation. */
export function gcpPublish(api: GcpApi, settings: GcpImageSettings): Publish {
  return {
    sweepRun: (marks) => sweepRun(api, marks),
    plan: (release, built) => ({ copies: [], settings: [deprecation(api, settings, release, built)] }),
  }
}

/**
 * Google keeps the date and leaves the state as it is: whoever runs Sindri after that date changes it.
 * https://cloud.google.com/compute/docs/reference/rest/v1/images/deprecate (read 2026-11)
 */
function deprecation(api: GcpApi, settings: GcpImageSettings, release: Release, image: Step<MadeImage>): Setting {
  const wanted = deprecationOf(settings, release, Date.now())
  return {
    id: `deprecation/${release.region}`,
    title: 'deprecation of the image',
    after: [image],
    want: textOf(wanted),
    read: async (got) => textOf((await api.image(got(image).id)).deprecation),
    write: (got) => api.deprecate(got(image).id, wanted),
  }
}

const dayMs = 24 * 60 * 60 * 1000

function deprecationOf(settings: GcpImageSettings, release: Release, now: number): Deprecation {
  if (settings.deprecateAfterDays === undefined) return { state: 'ACTIVE', at: undefined }
  const at = Date.parse(releasedAt(release.name)) + settings.deprecateAfterDays * dayMs
  return { state: at > now ? 'ACTIVE' : 'DEPRECATED', at: new Date(at).toISOString() }
}

function textOf({ state, at }: Deprecation): string {
  if (state === 'ACTIVE') return at === undefined ? 'never' : `from ${new Date(at).toISOString()}`
  return `${state.toLowerCase()}${at === undefined ? '' : ` since ${new Date(at).toISOString()}`}`
}
