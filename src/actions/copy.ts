import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Cloud, CloudImage, Target } from '../clouds/cloud.ts'
import { cloud as cloudOf, clouds, connect, regionOf } from '../clouds/index.ts'
import type { Resolved } from '../config/resolved.ts'
import { apply } from '../core/apply.ts'
import { SindriError } from '../core/error.ts'
import { takeLease } from '../core/lease.ts'
import { plan } from '../core/plan.ts'
import { openSqliteStore } from '../core/sqlite-store.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'
import { processGone } from './owner.ts'
import { recordsFolder } from './places.ts'
import { tellFindings } from './tell-findings.ts'

export interface CopyOptions extends ConfigOptions {
  readonly imageId: string
  /** Regions of the image's own cloud. */
  readonly to: readonly string[]
}

/** What `copy --json` prints. */
export interface CopyResult {
  readonly cloud: string
  readonly image_id: string
  readonly name: string
  /** Where the image is. */
  readonly region: string
  /** The id of the copy by region. */
  readonly regions: Readonly<Record<string, string>>
  /** Regions that had none before this run. */
  readonly copied: readonly string[]
  readonly rehearsed: boolean
}

/**
 * Copies an image to other regions of its cloud. Safe to repeat after any interruption: a copy that exists is found by
 * its tags, one that was begun is waited for.
 * @throws SindriError `unsupported` across clouds; what a cloud would refuse is told before anything is changed
 */
export async function copy(options: CopyOptions, context: Context): Promise<CopyResult> {
  const resolved = await configure(options, context)
  const cloud = cloudOf(resolved.cloud)
  const regions = regionsOf(cloud, options)
  const target = await connect(resolved, context.environment)
  const { copying } = target
  if (copying === undefined)
    throw new SindriError('unsupported', `copying an image is not there for ${cloud.title}`, {
      hint: `what it has instead is in docs/${cloud.id}.md`,
    })
  const image = await sourceOf(cloud, target, resolved, options.imageId)
  if (regions.includes(image.region))
    throw new SindriError('usage', `--to names ${image.region}, and ${image.id} is there already`, {
      hint: 'name other regions',
    })
  tellFindings(await copying.preflight(image, regions), context)
  const copies = await copying.plan(image, regions)
  const store = openSqliteStore(join(recordsFolder(context), 'copies', cloud.id, `${hashOf(image)}.db`))
  try {
    const lease = await takeLease({
      ...{ store, clock: context.clock, signal: context.signal, gone: processGone(context.hostName) },
      owner: { host: context.hostName, pid: context.processId, nonce: String(context.clock.now()) },
    })
    const copied = new Set<string>()
    try {
      const { got } = await apply({
        ...{
          release: `copies of ${image.id}`,
          plan: plan(copies.map(({ step }) => step)),
          store,
          clock: context.clock,
        },
        signal: AbortSignal.any([context.signal, lease.lost]),
        emit(event) {
          if (event.type === 'step' && event.state === 'done') copied.add(event.id)
          context.emit(event)
        },
      })
      return {
        ...{ cloud: cloud.id, image_id: image.id, name: image.name, region: image.region },
        regions: Object.fromEntries(copies.map(({ region, step }) => [region, got(step).id])),
        copied: copies.filter(({ step }) => copied.has(step.id)).map(({ region }) => region),
        rehearsed: context.rehearsal !== undefined,
      }
    } finally {
      await lease.release()
    }
  } finally {
    store.close()
  }
}

const diskHint =
  'across clouds an image goes as a disk: sindri vm publish --disk <file>, with release.targets for the other cloud'

/** @throws SindriError `unsupported` for an image or a region that only another cloud can have */
function regionsOf(cloud: Cloud, { imageId, to }: CopyOptions): readonly string[] {
  const others = clouds.filter((one) => one !== cloud)
  if (!cloud.forms.image.test(imageId)) {
    const other = others.find(({ forms }) => forms.image.test(imageId))
    if (other !== undefined)
      throw new SindriError('unsupported', `${imageId} is an image of ${other.title}, not of ${cloud.title}`, {
        hint: `give --cloud ${other.id}; ${diskHint}`,
      })
  }
  for (const region of to) {
    if (clouds.some(({ id }) => id === region))
      throw new SindriError('unsupported', `--to names regions of ${cloud.title}, and ${region} is a cloud`, {
        hint: diskHint,
      })
    if (cloud.forms.region.test(region)) continue
    const other = others.find(({ forms }) => forms.region.test(region))
    throw new SindriError('unsupported', `--to: ${region} is not a region of ${cloud.title}`, {
      hint: other === undefined ? 'name regions as the cloud calls them' : diskHint,
    })
  }
  if (to.length === 0) throw new SindriError('usage', '--to names no region', { hint: 'write --to region[,region…]' })
  return [...new Set(to)]
}

async function sourceOf(cloud: Cloud, target: Target, resolved: Resolved, id: string): Promise<CloudImage> {
  const image = await target.images.get(await regionOf(resolved, target), id)
  if (image.state === 'available') return image
  throw new SindriError('failed', `image ${image.id} is ${image.state}, not available`, {
    hint: `wait until sindri vm list --cloud ${cloud.id} shows it Available`,
  })
}

/** Ids may hold slashes, and be longer than the name of a file. */
function hashOf({ id, region }: CloudImage): string {
  return createHash('sha256').update(`${region} ${id}`).digest('hex').slice(0, 32)
}
