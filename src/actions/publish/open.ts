import { join } from 'node:path'
import type { DiskPlan, DiskTarget, Publisher, PublisherId } from '../../clouds/disk-target.ts'
import { publishers } from '../../clouds/publishers.ts'
import { readConfig } from '../../config/read.ts'
import { type ReleaseConfig, releaseOf } from '../../config/release.ts'
import { SindriError } from '../../core/error.ts'
import { type Plan, plan } from '../../core/plan.ts'
import { retry } from '../../core/retry.ts'
import { openSqliteStore } from '../../core/sqlite-store.ts'
import type { Store } from '../../core/store.ts'
import type { Disk } from '../../disk/disk.ts'
import { checkSame, type Publication, publicationKey, publicationName } from '../../release/publication.ts'
import type { Context } from '../context.ts'
import { recordsFolder } from '../places.ts'
import { type Examined, examine } from './examine.ts'

/** Which release is meant. */
export interface ReleaseOptions {
  readonly config?: string | undefined
  readonly disk?: string | undefined
  readonly version?: string | undefined
  readonly os?: string | undefined
  /** The clouds of this run; otherwise all that the release names. */
  readonly only?: readonly PublisherId[] | undefined
  /** How long another runner on the same clouds is waited for. Default: 10 minutes. */
  readonly lockTimeoutMs?: number | undefined
}

/** One cloud of a release, with all that is to be made in it. */
export interface Place {
  readonly cloud: PublisherId
  readonly target: DiskTarget
  readonly plan: DiskPlan
}

/** A release with its disk, clouds and records. */
export interface OpenRelease {
  readonly publication: Publication
  readonly places: readonly Place[]
  /** All of them in one. */
  readonly plan: Plan
  readonly disk: Disk | undefined
  readonly store: Store
  /** It was written down by an earlier run, whose disk is this one. */
  readonly isFrozen: boolean
  /** Writes the release down, so that every later run means the same. */
  freeze(): Promise<void>
  close(): Promise<void>
}

const frozenKey = 'publication'

/**
 * Reads the config, the disk and what was frozen of the release before; changes nothing in any cloud.
 * @param needs `disk`: without one it is an error; `frozen`: a disk is only needed where nothing was frozen
 * @throws SindriError `conflict` when the same version was made from another disk
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
    const os = release.os ?? (await look())?.os()
    if (os === undefined) throw missingDisk('release.os is not set, and no disk is named that could tell')
    const key = publicationKey(release.project, release.version, os)
    const store = openSqliteStore(join(recordsFolder(context), 'publications', `${key}.db`))
    try {
      const frozen = await frozenIn(store)
      const facts = needs === 'frozen' && frozen !== undefined ? frozen.disk : await (await look())?.facts()
      if (frozen !== undefined && facts !== undefined) checkSame(frozen, facts)
      if (facts === undefined) throw missingDisk('no disk is named')
      const name =
        frozen?.name ??
        (await begunAs(targets, key, context)) ??
        publicationName(release.project, release.version, context.clock.now(), os)
      const publication: Publication = {
        ...{ key, name, os, project: release.project, version: release.version },
        disk: facts,
        audience: release.audience,
      }
      const places = targets.map(({ cloud, target }) => ({ cloud, target, plan: target.plan(publication) }))
      return {
        publication,
        places,
        plan: plan(
          places.flatMap((place) => place.plan.steps),
          places.flatMap((place) => place.plan.settings),
        ),
        disk: examined?.disk,
        store,
        isFrozen: frozen !== undefined,
        async freeze() {
          if (frozen !== undefined) return
          if ((await store.put(frozenKey, JSON.stringify(publication), { ifAbsent: true })) !== undefined) return
          // Another runner was first.
          const theirs = await frozenIn(store)
          if (theirs === undefined) return
          checkSame(theirs, facts)
          if (theirs.name !== name)
            throw new SindriError('conflict', `another run has just named this release ${theirs.name}`, {
              hint: 'run the command again',
            })
        },
        async close() {
          store.close()
          await examined?.disk.close()
        },
      }
    } catch (error) {
      store.close()
      throw error
    }
  } catch (error) {
    await examined?.disk.close()
    throw error
  }
}

/** The first cloud that knows the release tells its name: with all records lost it still is the same. */
async function begunAs(
  targets: readonly Pick<Place, 'target'>[],
  key: string,
  { clock, signal }: Context,
): Promise<string | undefined> {
  const names = await Promise.all(targets.map(({ target }) => retry(clock, signal, () => target.begunAs(key))))
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

async function frozenIn(store: Store): Promise<Publication | undefined> {
  const row = await store.get(frozenKey)
  // Written by `freeze` and by nothing else.
  return row === undefined ? undefined : (JSON.parse(row.value) as Publication)
}

function missingDisk(message: string): SindriError {
  return new SindriError('usage', message, { hint: 'give --disk <file>, or set release.disk in sindri.yaml' })
}
