import { digest } from '../../core/digest.ts'
import { type Found, type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import { isGone, unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import type { AwsDiskApi, AwsSnapshot } from './disk-port.ts'
import { diskTags } from './disk-tags.ts'
import { ebsSink } from './ebs-sink.ts'
import type { EncryptionDefault } from './encryption-default.ts'
import { patience } from './patience.ts'

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
function sizeGiBOf({ disk }: Publication): number {
  return Math.max(1, Math.ceil(disk.sizeBytes / gib))
}

/** What the snapshot of a publication is made from, however the disk comes to it. */
export function snapshotInputs(publication: Publication, region: string): string {
  return digest({ disk: publication.disk.digest, sizeGiB: sizeGiBOf(publication), region })
}

/** Those of a publication. Those of copies carry the tags of the image, whose digest is another. */
async function ours(api: AwsDiskApi, { key }: Publication, region: string): Promise<readonly AwsSnapshot[]> {
  const found = await api.snapshots(region, { [tag.release]: key, [tag.digest]: '*' })
  return found.filter(({ tags }) => tags[tag.fingerprint] !== undefined)
}

/** The snapshot of a publication when it is complete, or one that another disk was made into. */
export async function findSnapshot(
  api: AwsDiskApi,
  publication: Publication,
  region: string,
): Promise<Found<string> | undefined> {
  const inputs = snapshotInputs(publication, region)
  const found = await ours(api, publication, region)
  const [foreign] = found.filter(({ tags }) => tags[tag.fingerprint] !== publication.disk.digest)
  if (foreign !== undefined) return { digest: foreign.tags[tag.digest], out: foreign.id }
  const done = found.find(({ state, tags }) => state === 'completed' && tags[tag.digest] === inputs)
  return done && { digest: inputs, out: done.id }
}

/** The disk, block by block, as a snapshot. */
export function snapshotStep(api: AwsDiskApi, publication: Publication, place: SnapshotPlace): Step<string> {
  const { region, after, encryption, plain } = place
  const sizeGiB = sizeGiBOf(publication)
  const inputs = snapshotInputs(publication, region)
  const unseen = patience()
  const made = step<string, { readonly snapshotId: string }>(`aws/snapshot/${region}`, {
    title: `send ${publication.name} to a snapshot in ${region}`,
    after,
    digest: inputs,
    pollEveryMs: 2_000,
    find: () => findSnapshot(api, publication, region),
    async start(_, token) {
      const tags = diskTags(publication, inputs)
      const order = { sizeGiB, description: publication.name, tags }
      const begin = (): Promise<string> =>
        firstUnused(token, (unused) => api.startSnapshot(region, { ...order, token: unused }))
      return { snapshotId: await (encryption?.plainly(region, begin) ?? begin()) }
    },
    fill: ({ snapshotId }) => ebsSink(api, region, snapshotId),
    async poll({ snapshotId }) {
      const found = await api.pollSnapshot(region, snapshotId, plain)
      return found ?? unseen(snapshotId, 'waiting until the snapshot is known')
    },
    sweep: async ({ snapshotId }) => void (await unlessGone(api.deleteSnapshot(region, snapshotId))),
    undo: async (id) => void (await unlessGone(api.deleteSnapshot(region, id))),
  })
  return {
    ...made,
    async revert(maker) {
      await made.revert(maker)
      // Begun by a run that nobody remembers.
      for (const { id, state, tags } of await ours(api, publication, region))
        if (state !== 'completed' && tags[tag.digest] === inputs) await unlessGone(api.deleteSnapshot(region, id))
    },
  }
}

/** How often a release was unpublished and its records were lost, at most. */
const mostUsedTokens = 10

/** A run that nobody remembers may have used a token for what was removed since: the next one follows from it. */
async function firstUnused(token: string, begin: (token: string) => Promise<string>): Promise<string> {
  let next = token
  for (let tokens = 1; ; tokens++) {
    try {
      return await begin(next)
    } catch (error) {
      if (!isGone(error) || tokens >= mostUsedTokens) throw error
      next = digest({ after: next })
    }
  }
}
