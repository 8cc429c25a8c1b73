import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { diskTags, tag } from '../tags.ts'
import type { AlibabaApis } from './disk-plan.ts'
import type { Import, ObjectPlace } from './disk-port.ts'
import { imageName, platformOf } from './image-name.ts'
import { removeImage } from './images.ts'
import type { AlibabaImage, Tags } from './port.ts'

const gib = 1024 ** 3

/** States of a task that it never leaves. */
const ended: ReadonlySet<string> = new Set(['Failed', 'Deleted', 'Cancelled', 'Canceled'])

/** How large the system disk of an image is. */
export function sizeGiBOf({ disk }: Publication): number {
  return Math.max(1, Math.ceil(disk.sizeBytes / gib))
}

/** ImportImage begins an import once for each token, and takes no name twice. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-importimage (2026-11) */
export function importStep(
  { images, disks }: AlibabaApis,
  publication: Publication,
  upload: Step<ObjectPlace>,
  settings: { readonly region: string; readonly nvme: boolean },
): Step<MadeImage> {
  const { disk, key, name, os } = publication
  const { region, nvme } = settings
  const { architecture, firmware } = disk
  const inputs = digest({ disk: disk.digest, region, architecture, firmware })
  const made = (image: AlibabaImage): MadeImage => ({ id: image.id, region, name: image.name })
  const tags: Tags = diskTags(publication, inputs)
  const ours = (): Promise<readonly AlibabaImage[]> =>
    images.images(region, { tags: { [tag.release]: key, [tag.digest]: '*' } })

  /** True when an import has ended, and its image was removed. */
  async function isOver({ imageId }: Import): Promise<boolean> {
    if ((await images.images(region, { id: imageId })).length > 0) return false
    const task = await disks.importOf(region, imageId)
    return task !== undefined && (task.status === 'Finished' || ended.has(task.status))
  }

  return step<MadeImage, Import>(`alibaba/image/${region}`, {
    title: `import ${name} in ${region}`,
    after: [upload],
    digest: inputs,
    pollEveryMs: 5_000,
    async find() {
      const found = (await ours()).find(({ status }) => status === 'Available')
      return found && { digest: found.tags[tag.digest], out: made(found) }
    },
    async start(got, token) {
      const all = await ours()
      const begun = all.find(({ status }) => status !== 'CreateFailed')
      if (begun !== undefined)
        return { imageId: begun.id, taskId: (await disks.importOf(region, begun.id))?.taskId ?? '' }
      // One that failed still has the name.
      for (const { id } of all) await removeImage(images, region, id)
      const order = {
        ...{ object: got(upload), name: imageName(name), description: name, sizeGiB: sizeGiBOf(publication) },
        ...{ architecture, nvme, platform: platformOf(os), tags },
        // The import knows no word for both; a setting says that afterwards.
        bootMode: firmware === 'uefi' || architecture === 'arm64' ? 'UEFI' : 'BIOS',
      } as const
      const first = await disks.importImage({ ...order, token })
      // A run that nobody remembers may have used the token, for an import that failed or an image that is gone.
      return (await isOver(first))
        ? disks.importImage({ ...order, token: digest({ token, after: first.imageId }) })
        : first
    },
    async poll({ imageId, taskId }) {
      const [image] = await images.images(region, { id: imageId })
      if (image?.status === 'Available') return { done: made(image) }
      const task = await disks.importOf(region, imageId)
      if (image?.status === 'CreateFailed' || (task !== undefined && ended.has(task.status)))
        return { failed: `Alibaba Cloud could not import the disk: ${await disks.whyFailed(region, taskId)}` }
      return { busy: `importing in ${region}${task === undefined ? '' : ` (${task.status})`}` }
    },
    async sweep({ imageId }) {
      const task = await disks.importOf(region, imageId)
      // What is being imported is not deleted before its task has ended.
      if (task !== undefined && task.status !== 'Finished' && !ended.has(task.status))
        await disks.cancelTask(region, task.taskId)
      await removeImage(images, region, imageId)
    },
    undo: ({ id }) => removeImage(images, region, id),
  })
}

/** The file in OSS has served when the image stands: nothing is left to pay for. */
export function tidyStep(
  { disks }: AlibabaApis,
  upload: Step<ObjectPlace>,
  image: Step<MadeImage>,
  region: string,
): Step<string> {
  const inputs = digest({ region })
  return step<string, string>(`alibaba/tidy/${region}`, {
    title: `remove the file from OSS in ${region}`,
    after: [upload, image],
    digest: inputs,
    async find(got) {
      const { id } = got(image)
      return (await disks.object(got(upload))) === undefined ? { digest: inputs, out: id } : undefined
    },
    async start(got) {
      await disks.deleteObject(got(upload))
      return got(image).id
    },
    poll: async (id) => ({ done: id }),
  })
}
