import type { PublisherId } from '../../clouds/disk-target.ts'
import { cloud as cloudOf, clouds, connect, regionOf } from '../../clouds/index.ts'
import type { Resolved } from '../../config/resolved.ts'
import { baseNames } from '../../config/sections/build.ts'
import { SindriError } from '../../core/error.ts'
import type { BuiltImage } from '../../release/publication.ts'
import { printed } from '../build/printed.ts'
import { buildable, installedPacker } from '../build/template.ts'
import { configure } from '../configure.ts'
import type { Context } from '../context.ts'

/** Which config was built. */
interface Config {
  readonly config?: string | undefined
}

/** What a disk would be needed for. */
const diskHint = 'give the disk (--disk <file>, or release.disk): across clouds an image goes as a disk'

/**
 * The image that was built last of this config in a cloud, found by its fingerprint as `build` finds it.
 * @throws SindriError `unsupported` where nothing is built, `not-found` where nothing was
 */
export async function builtImage(id: PublisherId, options: Config, context: Context): Promise<BuiltImage> {
  const resolved = await resolvedFor(id, options, context)
  const { title } = cloudOf(resolved.cloud)
  const target = await connect(resolved, context.environment)
  const region = await regionOf(resolved, target)
  const { fingerprint } = await printed(resolved, context)
  const images = await target.images.list(region, { fingerprint })
  const found = images.find(({ state }) => state === 'available')
  if (found !== undefined) return { id: found.id, region }
  throw new SindriError('not-found', `${id}: ${title} has no image in ${region} that was built from this config`, {
    hint: `build it first (sindri vm build --cloud ${id}), with no flag that changes the image; or ${diskHint}`,
  })
}

/** `debian12`: the system that the config of a cloud builds on; undefined for an image of the cloud's own. */
export async function builtOs(id: PublisherId, options: Config, context: Context): Promise<string | undefined> {
  const { base } = (await resolvedFor(id, options, context)).build
  return baseNames.find((name) => name === base)?.replaceAll(/[^A-Za-z0-9]/g, '')
}

/** @throws SindriError `unsupported` for a cloud in which a built image cannot be published */
export function unsupported(id: PublisherId): SindriError {
  return new SindriError('unsupported', `${id}: publishing a built image is not there for this cloud`, {
    hint: diskHint,
  })
}

/** The config as it is built in a cloud. */
async function resolvedFor(id: PublisherId, { config }: Config, context: Context): Promise<Resolved> {
  const cloud = clouds.find((one) => one.id === id)
  if (cloud === undefined) throw unsupported(id)
  const configured = await configure({ config, flags: { cloud: cloud.id } }, context)
  const silent = { ...context, emit: () => undefined }
  return buildable(configured, (await installedPacker(context)).version, silent)
}
