import type { OpenStackReleaseSettings } from '../../config/targets/openstack.ts'
import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import type { DiskPlan } from '../disk-target.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { minDiskOf, propertiesOf } from './disk-properties.ts'
import { imageSettings, readerSetting } from './disk-settings.ts'
import { glanceSink } from './glance-sink.ts'
import { imageId } from './image-id.ts'
import { arrived, isOurs, marksOf, sentOf } from './marks.ts'
import type { ImageService, OpenStackApi, OpenStackImage } from './port.ts'

/** Glance answers a list or a change within this, or never. */
const patienceMs = 10 * 60_000
const patience = (): AbortSignal => AbortSignal.timeout(patienceMs)
/** Ids that were images once and were deleted. */
const mostAttempts = 1_000

/** Each region by itself: an image that takes the disk, and what is declared of it. */
export function openstackDiskPlan(
  api: OpenStackApi,
  settings: OpenStackReleaseSettings,
  publication: Publication,
): DiskPlan {
  const foreign = onlyThis(api, settings, publication)
  const images = settings.regions.map((region) => ({
    region,
    step: imageStep(api.images(region), settings, publication, region, foreign),
  }))
  const required = images.filter(({ step }) => !step.bestEffort).map(({ step }) => step)
  const places = images.map(({ region, step }) => ({
    ...{ region, image: step, images: api.images(region), after: [...new Set([...required, step])] },
  }))
  return {
    steps: images.map(({ step }) => step),
    settings: [
      ...places.flatMap((place) => imageSettings(settings, publication, place)),
      ...places.map((place) => readerSetting(settings, publication, place)),
    ],
    images,
  }
}

/** Every image of a release in a region that Sindri made, whatever became of it. */
export async function imagesOf(images: ImageService, key: string): Promise<readonly OpenStackImage[]> {
  return (await images.find({ properties: { [tag.release]: key } }, patience())).filter(isOurs)
}

/**
 * Regions are filled side by side, so one may find nothing while another has the release from another disk: asked once,
 * before anything is made. @throws SindriError `conflict`
 */
function onlyThis(
  api: OpenStackApi,
  { regions, bestEffortRegions }: OpenStackReleaseSettings,
  { key, disk }: Publication,
): () => Promise<void> {
  let asked: Promise<void> | undefined
  async function ask(): Promise<void> {
    await Promise.all(
      regions.map(async (region) => {
        const found = await imagesOf(api.images(region), key).catch((error: unknown) => {
          if (bestEffortRegions.includes(region)) return []
          throw error
        })
        const other = found.find(({ properties }) => properties[tag.fingerprint] !== disk.digest)
        if (other !== undefined)
          throw new SindriError('conflict', `${key} is in ${region} from another disk: image ${other.id}`, {
            hint: 'give the new disk a version of its own; a version that is out is never changed',
          })
      }),
    )
  }
  return () => {
    asked ??= ask()
    return asked
  }
}

function imageStep(
  images: ImageService,
  settings: OpenStackReleaseSettings,
  publication: Publication,
  region: string,
  onlyThisDisk: () => Promise<void>,
): Step<MadeImage> {
  const { disk, key, name } = publication
  const { diskFormat: format, import: method, importUrl: url, importSha512 } = settings
  const inputs = digest({
    ...{ disk: disk.digest, region, format, architecture: disk.architecture, firmware: disk.firmware },
  })
  const made = ({ id }: Pick<OpenStackImage, 'id'>): MadeImage => ({ id, region, name })

  /** Glance gives an id only once: those of images that were deleted are passed over, the same ones in every run. */
  async function create(token: string): Promise<string> {
    for (let attempt = 1; attempt <= mostAttempts; attempt++) {
      const id = imageId(attempt === 1 ? token : `${token}/${attempt}`)
      const marks = {
        ...marksOf(publication, inputs, id),
        ...(importSha512 !== undefined && sentOf(importSha512)),
      }
      const properties = { ...propertiesOf(settings, publication), ...marks }
      const wanted = {
        id,
        name,
        diskFormat: format,
        minDiskGib: minDiskOf(settings, disk.sizeBytes),
        tags: [],
        properties,
      }
      try {
        return (await images.create(wanted, patience())).id
      } catch (error) {
        if (!(error instanceof SindriError && error.code === 'conflict')) throw error
        const there = await unlessGone(images.get(id, patience()))
        if (there !== undefined && there.status !== 'deleted') {
          if (isOurs(there) && there.properties[tag.digest] === inputs) return id
          throw error
        }
      }
    }
    throw new SindriError('failed', `${mostAttempts} images of ${name} were made in ${region} and deleted`)
  }

  async function remove(id: string): Promise<void> {
    const image = await unlessGone(images.get(id, patience()))
    if (image === undefined) return
    if (image.protected) await unlessGone(images.change(id, { protected: false }, patience()))
    await unlessGone(images.delete(id, patience()))
  }

  return step<MadeImage, { readonly imageId: string }>(`openstack/image/${region}`, {
    title: url === undefined ? `send ${name} to ${region}` : `let ${region} fetch ${name}`,
    digest: inputs,
    bestEffort: settings.bestEffortRegions.includes(region),
    pollEveryMs: 2_000,
    async find() {
      const found = await imagesOf(images, key)
      const other = found.find(({ properties }) => properties[tag.digest] !== inputs)
      if (other !== undefined) return { digest: other.properties[tag.digest], out: made(other) }
      const done = found.find((image) => image.status === 'active' && arrived(image) === 'intact')
      return done && { digest: inputs, out: made(done) }
    },
    async start(_, token) {
      await onlyThisDisk()
      const [begun] = await imagesOf(images, key)
      const id = begun?.id ?? (await create(token))
      if (url !== undefined) await images.beginImport(id, { url }, patience())
      return { imageId: id }
    },
    ...(url === undefined && {
      fill: ({ imageId: id }: { readonly imageId: string }) =>
        glanceSink(images, id, { format, direct: method === 'glance-direct' }),
    }),
    async poll({ imageId: id }) {
      const image = await unlessGone(images.get(id, patience()))
      if (image === undefined || !isOurs(image))
        return { failed: `image ${id} is ${image === undefined ? 'gone from' : `${image.status} in`} ${region}` }
      switch (image.status) {
        case 'active':
          if (arrived(image) === 'intact') return { done: made(image) }
          if (arrived(image) === 'untold') return { busy: `comparing what ${region} has` }
          return {
            failed: `${region} stored other bytes than those that were meant: sha512 ${image.hash?.value}`,
            hint: url === undefined ? 'publish again' : 'is release.targets.openstack.import_sha512 that of the file?',
          }
        case 'deactivated':
          throw new SindriError('failed', `image ${id} in ${region} is deactivated`, {
            hint: 'an administrator can reactivate it',
          })
        case 'queued':
        case 'uploading': {
          const reason = method === 'put' ? undefined : await images.importFailure(id, patience())
          if (reason === undefined) return { busy: `waiting for the bytes in ${region}` }
          return {
            failed: `the import of image ${id} in ${region} failed: ${reason}`,
            hint: 'Glance itself must reach the address, and the disk must be what its format says; its log knows more',
          }
        }
        default:
          return { busy: `storing the disk in ${region}` }
      }
    },
    sweep: ({ imageId: id }) => remove(id),
    undo: ({ id }) => remove(id),
  })
}
