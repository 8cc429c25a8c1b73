import { digest } from '../../core/digest.ts'
import { type Poll, type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import type { AwsApis } from './disk-plan.ts'
import type { AwsImport } from './disk-port.ts'
import { diskTags } from './disk-tags.ts'
import type { EncryptionDefault } from './encryption-default.ts'
import type { ObjectPlace } from './object-port.ts'
import { patience } from './patience.ts'
import { findSnapshot, type SnapshotPlace, snapshotInputs } from './snapshot-step.ts'

/** An import takes as long as AWS pleases. */
const deadlineMs = 24 * 60 * 60 * 1000

interface Handle {
  readonly task: string
}

/**
 * The file in S3 as a snapshot. The task has a token and tags; the snapshot is there only when the task has ended, and is
 * tagged then. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ImportSnapshot.html (2026-11)
 */
export function importStep(
  { disks }: AwsApis,
  publication: Publication,
  upload: Step<ObjectPlace>,
  place: SnapshotPlace,
): Step<string> {
  const { region, after, encryption, plain } = place
  const inputs = snapshotInputs(publication, region)
  const tags = diskTags(publication, inputs)

  const unseen = patience()

  async function begin(object: ObjectPlace, token: string): Promise<Handle> {
    const order = { object, description: publication.name, tags }
    const task = await disks.importSnapshot(region, { ...order, token })
    // A run that nobody remembers may have used the token, for an import that failed or a snapshot that is gone.
    if (!(await isOver(task))) return { task }
    return { task: await disks.importSnapshot(region, { ...order, token: digest({ token, after: task }) }) }
  }

  async function isOver(task: string): Promise<boolean> {
    const { status, snapshot } = await disks.importOf(region, task)
    if (status === 'active') return false
    if (snapshot === undefined) return true
    const made = await disks.pollSnapshot(region, snapshot, false)
    return made === undefined || !('done' in made)
  }

  async function look({ task }: Handle): Promise<Poll<string>> {
    const found = await disks.importOf(region, task)
    if (found.status === 'active') return busy(region, found)
    if (found.status !== 'completed' || found.snapshot === undefined)
      return { failed: `AWS could not import the disk: ${found.message || found.status}` }
    const made = await disks.pollSnapshot(region, found.snapshot, plain)
    if (made === undefined) return unseen(found.snapshot, 'waiting until the snapshot is known')
    if ('done' in made) await disks.tagSnapshot(region, found.snapshot, tags)
    return made
  }

  async function remove(task: string): Promise<void> {
    const isActive = async (): Promise<boolean> => (await disks.importOf(region, task)).status === 'active'
    if (await isActive())
      await disks.cancelImport(region, task).catch(async (error: unknown) => {
        // It may have ended in this very moment.
        if (await isActive()) throw error
      })
    const { snapshot } = await disks.importOf(region, task)
    if (snapshot !== undefined) await unlessGone(disks.deleteSnapshot(region, snapshot))
  }

  const made = step<string, Handle>(`aws/import/${region}`, {
    title: `import ${publication.name} in ${region}`,
    after: [upload, ...after],
    digest: inputs,
    pollEveryMs: 5_000,
    deadlineMs,
    find: () => findSnapshot(disks, publication, region),
    start: (got, token) =>
      orRestored(encryption, region, async () => {
        await encryption?.off(region)
        return begin(got(upload), token)
      }),
    poll: (handle) =>
      orRestored(encryption, region, async () => {
        const looked = await look(handle)
        // Whether the snapshot is encrypted may be decided as late as at the end of the import.
        if (!('busy' in looked)) await encryption?.restore(region)
        return looked
      }),
    ...(encryption && { cancel: () => encryption.restore(region) }),
    sweep: ({ task }) => remove(task),
    undo: async (id) => void (await unlessGone(disks.deleteSnapshot(region, id))),
  })
  return {
    ...made,
    async revert(maker) {
      await made.revert(maker)
      // Begun by a run that nobody remembers.
      for (const task of await disks.imports(region, tags)) await remove(task)
    },
  }
}

function busy(region: string, { progress }: AwsImport): Poll<string> {
  return { busy: `importing in ${region}`, ...(progress !== undefined && { fraction: progress / 100 }) }
}

/** After a failure encryption by default is as it was. */
async function orRestored<T>(
  encryption: EncryptionDefault | undefined,
  region: string,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act()
  } catch (error) {
    await encryption?.restore(region)
    throw error
  }
}

/** The file in S3 has served when the image stands: nothing is left to pay for. */
export function tidyStep(
  { disks: { objects } }: AwsApis,
  upload: Step<ObjectPlace>,
  image: Step<MadeImage>,
  region: string,
): Step<string> {
  const inputs = digest({ region })
  return step<string, string>(`aws/tidy/${region}`, {
    title: `remove the file from S3 in ${region}`,
    after: [upload, image],
    digest: inputs,
    async find(got) {
      return (await objects.object(got(upload))) === undefined ? { digest: inputs, out: got(image).id } : undefined
    },
    async start(got) {
      await objects.deleteObject(got(upload))
      return got(image).id
    },
    poll: async (id) => ({ done: id }),
  })
}
