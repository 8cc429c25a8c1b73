import type { AzureCommunity, AzureReleaseSettings } from '../../config/targets/azure.ts'
import type { Publication } from '../../release/publication.ts'
import type { DiskPlan, PlannedImage } from '../disk-target.ts'
import { type DiskHome, type DiskNames, diskNames } from './disk-names.ts'
import { placeSteps } from './disk-places.ts'
import type { AzureDiskApi } from './disk-port.ts'
import { replicaStep } from './disk-replica.ts'
import { openReaders, pointerSettings, readerSetting, replicaSetting } from './disk-settings.ts'
import { blobStep, inputsOf, versionStep } from './disk-version.ts'
import type { AzureApi } from './port.ts'

/** What is asked of Azure for a disk: both halves of its API. */
export interface AzureApis {
  readonly images: AzureApi
  readonly disks: AzureDiskApi
}

/** A publication on its way to Azure. */
export interface DiskWork {
  readonly apis: AzureApis
  readonly names: DiskNames
  /** The first region. */
  readonly home: string
  readonly settings: AzureReleaseSettings
  readonly publication: Publication
  /** What the gallery tells the community; undefined where it is not for everybody. */
  readonly community: AzureCommunity | undefined
  /** Digest of what the version is made from. */
  readonly inputs: string
}

/**
 * The places a disk goes through, the version made of it, its replicas, and what is declared of them.
 * @throws SindriError `config` for a version Azure has no number for
 */
export function azureDiskPlan(apis: AzureApis, at: DiskHome, publication: Publication): DiskPlan {
  const { settings } = at
  const [home = ''] = settings.regions
  const community = publication.audience === 'private' ? undefined : settings.community
  const begun = { apis, names: diskNames(at, publication), home, settings, publication, community }
  const work: DiskWork = { ...begun, inputs: inputsOf(begun) }
  const places = placeSteps(work)
  const disk = blobStep(work, [places.account])
  const version = versionStep(work, [disk, places.definition])
  const inTurn = oneAfterAnother()
  const replicas = settings.regions
    .filter((region) => region !== home)
    .map((region) => ({ region, step: replicaStep(work, version, region, inTurn) }))
  const readers = openReaders(work)
  const images: readonly PlannedImage[] = [{ region: home, step: version }, ...replicas].map((one) => ({
    ...one,
    reference: (image) => readers.publicId() ?? image.id,
  }))
  const required = images.filter(({ step }) => !step.bestEffort).map(({ step }) => step)
  const after = (step: PlannedImage['step']) => [...new Set([...required, step])]
  return {
    steps: [
      ...[places.group, places.account, places.gallery, places.definition],
      ...[disk, ...images.map(({ step }) => step)],
    ],
    settings: [
      ...images.map(({ region, step }) => replicaSetting(work, region, after(step))),
      ...images.map(({ region, step }) => readerSetting(readers, region, after(step))),
      ...pointerSettings(work, required),
    ],
    images,
  }
}

function oneAfterAnother(): <T>(change: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (change) => {
    const turn = last.then(change)
    last = turn.catch(() => undefined)
    return turn
  }
}
