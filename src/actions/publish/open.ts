import type { DiskPlan, Finding, Publisher, PublisherId } from '../../clouds/disk-target.ts'
import { publishers } from '../../clouds/publishers.ts'
import { readConfig } from '../../config/read.ts'
import { type ReleaseConfig, releaseOf } from '../../config/release.ts'
import { SindriError } from '../../core/error.ts'
import { type Plan, plan } from '../../core/plan.ts'
import type { Disk } from '../../disk/disk.ts'
import { publicationKey, publicationName } from '../../release/publication.ts'
import type { Context } from '../context.ts'
import { builtOs, unsupported } from './built-image.ts'
import { builtContent, type Connected, type Content } from './content.ts'
import { type Examined, examine } from './examine.ts'
import { checkContent, type Frozen, freeze, frozenIn } from './frozen.ts'
import { openRecords, type Records } from './records.ts'

/** Which release is meant. */
export interface ReleaseOptions {
  readonly config?: string | undefined
  readonly disk?: string | undefined
  /** What `sha256sum` prints of the disk's file. */
  readonly diskSha256?: string | undefined
  readonly version?: string | undefined
  readonly os?: string | undefined
  /** The address of the store that the runs of several machines share; otherwise `release.store`. */
  readonly store?: string | undefined
  /** The clouds of this run; otherwise all that the release names. */
  readonly only?: readonly PublisherId[] | undefined
  /** How long another runner on the same clouds is waited for. Default: 10 minutes. */
  readonly lockTimeoutMs?: number | undefined
}

/** One cloud of a release, with all that is to be made in it. */
export interface Place {
  readonly cloud: PublisherId
  readonly plan: DiskPlan
  /** What would fail a publish there. Reads only. */
  preflight(): Promise<readonly Finding[]>
}

/** A release with its disk, clouds and records. */
export interface OpenRelease extends Pick<Records, 'store' | 'shared' | 'secrets'> {
  readonly publication: Frozen
  readonly places: readonly Place[]
  /** All of them in one. */
  readonly plan: Plan
  readonly disk: Disk | undefined
  /** It was written down by an earlier run, whose disk is this one. */
  readonly isFrozen: boolean
  /** Writes the release down, so that every later run means the same. */
  freeze(): Promise<void>
  close(): Promise<void>
}

/**
 * Reads the config, the disk (or where none is named, which images were built) and what was frozen of the release before;
 * changes nothing in any cloud.
 * @param needs `disk`: without one, or what was built, it is an error; `frozen`: only where nothing was frozen
 * @throws SindriError `conflict` when the same version was made from another disk or image
 */
export async function openRelease(
  options: ReleaseOptions,
  context: Context,
  needs: 'disk' | 'frozen',
): Promise<OpenRelease> {
  const config = await readConfig(options.config, context.cwd)
  const release = releaseOf(config, options)
  const targets = await Promise.all(
    publishersOf(release, options.only).map(async ({ id, connect }) => ({
      cloud: id,
      target: await connect(release.targets, context.environment, context.cwd),
    })),
  )
  let examined: Examined | undefined
  /** The disk is opened only when something has to be read off it. */
  const look = async (): Promise<Examined | undefined> => {
    if (release.disk !== undefined) examined ??= await examine(release.disk, release, context)
    return examined
  }
  try {
    const os = release.os ?? (await look())?.os() ?? (await osBuilt(targets, options, context))
    if (os === undefined) throw missingDisk('release.os is not set, and no disk is named that could tell')
    const key = publicationKey(release.project, release.version, os)
    const records = await openRecords(release.store, key, context)
    const { store } = records
    try {
      const frozen = await frozenIn(store)
      /** As it was frozen, else off the disk, else what was built. */
      const contentOf = async (): Promise<Content> => {
        const looking = needs === 'frozen'
        if (looking && frozen !== undefined && 'disk' in frozen) return frozen
        if (!looking || frozen === undefined) {
          const facts = await (await look())?.facts()
          if (facts !== undefined) return { disk: facts }
        }
        if (frozen !== undefined && 'disk' in frozen) throw missingDisk('no disk is named')
        return builtContent(targets, { key, before: frozen?.built ?? {}, looking }, options, context)
      }
      const content = await contentOf()
      if (frozen !== undefined) checkContent(frozen, content)
      const name =
        frozen?.name ??
        (await begunAs(targets, key)) ??
        publicationName(release.project, release.version, context.clock.now(), os)
      const publication: Frozen = {
        ...{ key, name, os, project: release.project, version: release.version },
        ...content,
        audience: release.audience,
      }
      const places = targets.map((one) => placeOf(one, publication))
      return {
        publication,
        places,
        plan: plan(
          places.flatMap((place) => place.plan.steps),
          places.flatMap((place) => place.plan.settings),
        ),
        disk: examined?.disk,
        ...records,
        isFrozen: frozen !== undefined,
        freeze: () => freeze(store, publication),
        async close() {
          records.close()
          await examined?.disk.close()
        },
      }
    } catch (error) {
      records.close()
      throw error
    }
  } catch (error) {
    await examined?.disk.close()
    throw error
  }
}

/** One cloud of a release. @throws SindriError `unsupported` for a built image where that is not there */
function placeOf({ cloud, target }: Connected, publication: Frozen): Place {
  if ('disk' in publication)
    return { cloud, plan: target.plan(publication), preflight: () => target.preflight(publication) }
  const image = publication.built[cloud]
  const { built } = target
  if (built === undefined || image === undefined) throw unsupported(cloud)
  return { cloud, plan: built.plan(publication, image), preflight: () => built.preflight(publication, image) }
}

/** The system of images that were built, which their config tells. */
async function osBuilt(
  targets: readonly Connected[],
  options: ReleaseOptions,
  context: Context,
): Promise<string | undefined> {
  const [first] = targets
  return first && builtOs(first.cloud, options, context)
}

/** The first cloud that knows the release tells its name: with all records lost it still is the same. */
async function begunAs(targets: readonly Connected[], key: string): Promise<string | undefined> {
  const names = await Promise.all(targets.map(({ target }) => target.begunAs(key)))
  return names.find((name) => name !== undefined)
}

function publishersOf(release: ReleaseConfig, only: readonly PublisherId[] | undefined): readonly Publisher[] {
  const named = publishers.filter(({ id }) => release.targets[id] !== undefined)
  if (only?.length === 0)
    throw new SindriError('usage', '--only names no cloud', {
      hint: `leave it out for all, or name some of ${named.map(({ id }) => id).join(', ')}`,
    })
  const stranger = only?.find((cloud) => !named.some(({ id }) => id === cloud))
  if (stranger !== undefined)
    throw new SindriError('usage', `release.targets does not name ${stranger}`, {
      hint: `it names ${named.map(({ id }) => id).join(', ')}`,
    })
  return named.filter(({ id }) => only?.includes(id) ?? true)
}

function missingDisk(message: string): SindriError {
  return new SindriError('usage', message, { hint: 'give --disk, or set release.disk in sindri.yaml' })
}
