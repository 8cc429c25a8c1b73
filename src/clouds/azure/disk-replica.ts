import { digest } from '../../core/digest.ts'
import { type Poll, type Step, step } from '../../core/step.ts'
import type { MadeImage } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import type { DiskWork } from './disk-plan.ts'
import type { AzureReplica, AzureVersion, TargetRegion } from './disk-port.ts'

const hours12Ms = 12 * 60 * 60 * 1000

/**
 * The version in another region. All that are missing are asked for at once, since Azure takes one change of a version at
 * a time and each goes on until its last region has it. A region that failed is taken away, so that the others stand, and
 * asked for again by the next run: https://github.com/Azure/azure-cli/issues/15539 (2026-11).
 * @param inTurn runs changes of the version one after the other
 */
export function replicaStep(
  work: DiskWork,
  version: Step<MadeImage>,
  region: string,
  inTurn: <T>(change: () => Promise<T>) => Promise<T>,
): Step<MadeImage> {
  const { apis, names, settings, publication } = work
  const { disks } = apis
  const inputs = digest({ version: work.inputs, region })
  const made: MadeImage = { id: names.version, region, name: publication.name }

  /** Takes the region away, if it is there and nothing is under way. */
  async function withdraw(): Promise<void> {
    const found = await unlessGone(disks.version(names.version))
    if (found === undefined || busy(found) || own(found) === undefined) return
    await disks.putTargets(names.version, others(found))
  }

  const own = ({ replicas }: AzureVersion): AzureReplica | undefined => replicas.find(({ name }) => name === region)
  const others = ({ replicas }: AzureVersion): readonly TargetRegion[] => replicas.filter(({ name }) => name !== region)

  async function look(): Promise<Poll<MadeImage>> {
    const found = await disks.version(names.version)
    const replica = own(found)
    if (replica?.state === 'Completed') return { done: made }
    const fraction = (replica?.progress ?? 0) / 100
    if (busy(found)) return { busy: `copying to ${region}`, fraction }
    if (replica === undefined) {
      await disks.startTargets(names.version, [...found.replicas, ...missing(found)])
      return { busy: `copying to ${region}`, fraction: 0 }
    }
    if (replica.state !== 'Failed') return { busy: `copying to ${region}`, fraction }
    return {
      failed: `Azure could not copy ${names.versionName} to ${region}: ${replica.details || 'no reason given'}`,
      hint: 'run the same command again later: the region is asked for anew; or name it in best_effort_regions',
    }
  }

  function missing({ replicas }: AzureVersion): readonly TargetRegion[] {
    return settings.regions
      .filter((name) => !replicas.some((one) => one.name === name))
      .map((name) => ({ name, replicas: settings.replicas, storage: settings.storageAccountType }))
  }

  return step<MadeImage, { readonly region: string }>(`azure/replica/${region}`, {
    title: `copy ${names.versionName} to ${region}`,
    after: [version],
    digest: inputs,
    bestEffort: settings.bestEffortRegions.includes(region),
    pollEveryMs: 5_000,
    deadlineMs: hours12Ms,
    async find() {
      const found = await unlessGone(disks.version(names.version))
      if (found === undefined || found.tags[tag.digest] !== work.inputs) return undefined
      return own(found)?.state === 'Completed' ? { digest: inputs, out: made } : undefined
    },
    async start() {
      await inTurn(async () => {
        const found = await disks.version(names.version)
        if (own(found)?.state === 'Failed') await withdraw()
      })
      return { region }
    },
    poll: () => inTurn(look),
    sweep: () => inTurn(withdraw),
    // It goes with the version.
  })
}

/** Azure refuses a change while another is under way. */
function busy({ state }: AzureVersion): boolean {
  return state === 'Creating' || state === 'Updating' || state === 'Deleting'
}
