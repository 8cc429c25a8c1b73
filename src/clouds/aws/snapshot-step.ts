import { digest } from '../../core/digest.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import type { AwsDiskApi, AwsSnapshot } from './disk-port.ts'
import { diskTags } from './disk-tags.ts'
import { ebsSink } from './ebs-sink.ts'
import type { EncryptionDefault } from './encryption-default.ts'

const gib = 1024 ** 3

/** A snapshot of the region where the disk is sent. */
export interface SnapshotPlace {
  readonly region: string
  readonly after: readonly Step<unknown>[]
  /** What turns encryption by default off, where the release asks for that. */
  readonly encryption: EncryptionDefault | undefined
  /** It shall not be encrypted: everybody may read it. */
  readonly plain: boolean
}

/** How large the volume of a disk is. */
export function sizeGiBOf({ disk }: Publication): number {
  return Math.max(1, Math.ceil(disk.sizeBytes / gib))
}

/** The disk, block by block, as a snapshot. */
export function snapshotStep(api: AwsDiskApi, publication: Publication, place: SnapshotPlace): Step<string> {
  const { region, after, encryption, plain } = place
  const { disk, key, name } = publication
  const sizeGiB = sizeGiBOf(publication)
  const inputs = digest({ disk: disk.digest, sizeGiB, region })
  const ours = (): Promise<readonly AwsSnapshot[]> => api.snapshots(region, { [tag.release]: key, [tag.digest]: '*' })
  return step<string, { readonly snapshotId: string }>(`aws/snapshot/${region}`, {
    title: `send ${name} to a snapshot in ${region}`,
    after,
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
      const tags = diskTags(publication, inputs)
      const begin = (): Promise<string> => api.startSnapshot(region, { sizeGiB, description: name, token, tags })
      return { snapshotId: await (encryption?.plainly(region, begin) ?? begin()) }
    },
    fill: ({ snapshotId }) => ebsSink(api, region, snapshotId),
    poll: ({ snapshotId }) => api.pollSnapshot(region, snapshotId, plain),
    sweep: async ({ snapshotId }) => void (await unlessGone(api.deleteSnapshot(region, snapshotId))),
    undo: async (id) => void (await unlessGone(api.deleteSnapshot(region, id))),
  })
}
