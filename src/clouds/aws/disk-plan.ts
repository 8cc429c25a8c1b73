import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import type { DiskPlan } from '../disk-target.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { copyStep, removeImage } from './copy.ts'
import type { AwsDiskApi, AwsSnapshot, Registration } from './disk-port.ts'
import { openingSettings } from './disk-settings.ts'
import { ebsSink } from './ebs-sink.ts'
import type { AwsApi, AwsImage } from './port.ts'

/** What is asked of AWS for a disk: both halves of its API. */
export interface AwsApis {
  readonly images: AwsApi
  readonly disks: AwsDiskApi
}

const gib = 1024 ** 3

/** A snapshot in the first region, an image of it there, its copies, and what is declared of each. */
export function awsDiskPlan(apis: AwsApis, settings: AwsReleaseSettings, publication: Publication): DiskPlan {
  const [home = ''] = settings.regions
  const snapshot = snapshotStep(apis.disks, publication, home)
  const image = imageStep(apis, settings, publication, snapshot, home)
  const copies = settings.regions
    .filter((region) => region !== home)
    .map((region) => ({
      region,
      step: copyStep(apis.images, {
        ...{ id: `aws/copy/${region}`, region, encrypted: false },
        ...{ original: (got) => got(image), after: [image] },
        release: publication.key,
        name: publication.name,
        from: { region: home, fingerprint: publication.disk.digest },
        bestEffort: settings.bestEffortRegions.includes(region),
      }),
    }))
  const images = [{ region: home, step: image }, ...copies]
  return {
    steps: [snapshot, ...images.map(({ step }) => step)],
    settings: openingSettings(apis, settings, publication, images),
    images,
  }
}

/** How AWS calls the ways to boot. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-boot.html (2026-11) */
const bootModes: Readonly<Record<Publication['disk']['firmware'], Registration['bootMode']>> = {
  uefi: 'uefi',
  bios: 'legacy-bios',
  both: 'uefi-preferred',
}

/** What all that belongs to a publication carries. */
function tagsOf({ key, name, disk }: Publication, inputs: string): Readonly<Record<string, string>> {
  return {
    Name: name,
    [tag.managed]: 'true',
    [tag.release]: key,
    [tag.fingerprint]: disk.digest,
    [tag.digest]: inputs,
  }
}

function snapshotStep(api: AwsDiskApi, publication: Publication, region: string): Step<string> {
  const { disk, key, name } = publication
  const sizeGiB = Math.max(1, Math.ceil(disk.sizeBytes / gib))
  const inputs = digest({ disk: disk.digest, sizeGiB, region })
  const ours = (): Promise<readonly AwsSnapshot[]> => api.snapshots(region, { [tag.release]: key, [tag.digest]: '*' })
  return step<string, { readonly snapshotId: string }>(`aws/snapshot/${region}`, {
    title: `send ${name} to a snapshot in ${region}`,
    digest: inputs,
    pollEveryMs: 2_000,
    async find() {
      // Those of copies carry the tags of the image, whose digest is another.
      const found = (await ours()).filter(({ tags }) => tags[tag.fingerprint] !== undefined)
      const [foreign] = found.filter(({ tags }) => tags[tag.fingerprint] !== disk.digest)
      if (foreign !== undefined) return { digest: foreign.tags[tag.digest], out: foreign.id }
      const done = found.find(({ state, tags }) => state === 'completed' && tags[tag.digest] === inputs)
      return done && { digest: inputs, out: done.id }
    },
    async start(_, token) {
      const tags = tagsOf(publication, inputs)
      return { snapshotId: await api.startSnapshot(region, { sizeGiB, description: name, token, tags }) }
    },
    fill: ({ snapshotId }) => ebsSink(api, region, snapshotId),
    poll: ({ snapshotId }) => api.pollSnapshot(region, snapshotId),
    sweep: async ({ snapshotId }) => void (await unlessGone(api.deleteSnapshot(region, snapshotId))),
    undo: async (id) => void (await unlessGone(api.deleteSnapshot(region, id))),
  })
}

/** RegisterImage takes no token, but no name twice: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html (2026-11). */
function imageStep(
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
      const tags = tagsOf(publication, inputs)
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
