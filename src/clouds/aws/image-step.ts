import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { removeImage } from './copy.ts'
import type { AwsApis } from './disk-plan.ts'
import type { Registration } from './disk-port.ts'
import { diskTags } from './disk-tags.ts'
import type { AwsImage } from './port.ts'

/** How AWS calls the ways to boot. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-boot.html (2026-11) */
const bootModes: Readonly<Record<Publication['disk']['firmware'], Registration['bootMode']>> = {
  uefi: 'uefi',
  bios: 'legacy-bios',
  both: 'uefi-preferred',
}

/** RegisterImage takes no token, but no name twice: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html (2026-11). */
export function imageStep(
  { images: api, disks }: AwsApis,
  settings: AwsReleaseSettings,
  publication: Publication,
  snapshot: Step<string>,
  region: string,
): Step<MadeImage> {
  const { disk, key, name } = publication
  const boot = { architecture: disk.architecture, bootMode: bootModes[disk.firmware], tpm: settings.tpm }
  const inputs = digest({ disk: disk.digest, region, ...boot })
  const made = ({ id }: Pick<AwsImage, 'id'>): MadeImage => ({ id, region, name })
  const ours = async (): Promise<AwsImage | undefined> =>
    (await api.images(region, { tags: { [tag.release]: key, [tag.digest]: '*' } })).find(
      ({ state }) => state !== 'failed',
    )
  return step<MadeImage, { readonly imageId: string }>(`aws/image/${region}`, {
    title: `register ${name} in ${region}`,
    after: [snapshot],
    digest: inputs,
    pollEveryMs: 2_000,
    async find() {
      const found = await ours()
      return found?.state === 'available' ? { digest: found.tags[tag.digest], out: made(found) } : undefined
    },
    async start(got) {
      const begun = await ours()
      if (begun !== undefined) return { imageId: begun.id }
      const tags = diskTags(publication, inputs)
      return {
        imageId: await disks.registerImage(region, { name, description: name, snapshot: got(snapshot), ...boot, tags }),
      }
    },
    async poll({ imageId }) {
      const [image] = (await unlessGone(api.images(region, { ids: [imageId] }))) ?? []
      if (image === undefined || image.state === 'pending') return { busy: `registering in ${region}` }
      if (image.state === 'available') return { done: made(image) }
      return { failed: `AWS reports ${image.state}: ${image.reason || 'no reason given'}` }
    },
    sweep: ({ imageId }) => removeImage(api, region, imageId),
    undo: ({ id }) => removeImage(api, region, id),
  })
}
