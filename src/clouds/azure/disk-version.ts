import { digest } from '../../core/digest.ts'
import { SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { diskTags, tag } from '../tags.ts'
import type { DiskWork } from './disk-plan.ts'
import type { AzureVersion, BlobMetadata, BlobPlace } from './disk-port.ts'
import { pageSink } from './page-sink.ts'

/** Names on a blob must be identifiers. https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata (2026-11) */
const marks = { release: 'sindri_release', name: 'sindri_name', disk: 'sindri_disk', whole: 'sindri_whole' } as const

/** The release a blob was sent for. */
export function keyOfBlob(metadata: BlobMetadata): string | undefined {
  return metadata[marks.release]
}

/** The name under which that release was begun. */
export function nameOfBlob(metadata: BlobMetadata): string | undefined {
  return metadata[marks.name]
}

const mib = 1024 * 1024
/** Azure takes a VHD whose disk is whole MiB, with its footer behind. https://learn.microsoft.com/azure/virtual-machines/linux/create-upload-generic (2026-11) */
const footerBytes = 512
const mostPollMs = 5_000

/** What a version is made from, and for what; regions and readers are no part of it. */
export function inputsOf({ names, home, publication: { key, disk } }: Omit<DiskWork, 'inputs'>): string {
  const { digest: bytes, sizeBytes, architecture, firmware } = disk
  const version = names.version.toLowerCase()
  return digest({ release: key, disk: bytes, sizeBytes, architecture, firmware, version, home })
}

/** It can be used in its own region, whatever became of its replicas elsewhere. */
function stands({ state, replicas }: AzureVersion, home: string): boolean {
  if (state === 'Succeeded' || state === 'Updating') return true
  return state === 'Failed' && replicas.some((one) => one.name === home && one.state === 'Completed')
}

/** The version as it is, if it is there. */
async function versionOf({ apis, names }: DiskWork): Promise<AzureVersion | undefined> {
  return unlessGone(apis.disks.version(names.version))
}

/** @throws SindriError `conflict` where a version of this number was made from another disk, or for another release */
export async function checkFree(work: DiskWork): Promise<void> {
  const found = await versionOf(work)
  const { key, disk } = work.publication
  if (found === undefined) return
  const { [tag.release]: release, [tag.fingerprint]: other } = found.tags
  if (release === key && other === disk.digest) return
  const what = release === undefined ? 'by somebody else' : `for ${release} from the disk ${other}`
  throw new SindriError(
    'conflict',
    `version ${work.names.versionName} of ${work.names.definitionName} was made ${what}`,
    {
      hint: 'give the new disk a version of its own; a version that is out is never changed',
    },
  )
}

function blobOf({ names }: DiskWork): BlobPlace {
  return { account: names.accountName, container: names.container, name: names.blob }
}

/** The disk in the storage account: needed until the version stands, and gone after that. */
export function blobStep(work: DiskWork, after: readonly Step<unknown>[]): Step<string> {
  const { apis, names, home, publication, inputs } = work
  const { disks } = apis
  const { key, name, disk } = publication
  const blob = blobOf(work)
  const sizeBytes = Math.ceil(disk.sizeBytes / mib) * mib + footerBytes
  const metadata = { [marks.release]: key, [marks.name]: name, [marks.disk]: disk.digest }
  const remove = async (): Promise<void> => void (await unlessGone(disks.remove(blob)))
  const whole = async (): Promise<boolean | undefined> => {
    const found = await unlessGone(disks.metadata(blob))
    return found && found[marks.whole] === 'true'
  }
  return step<string, { readonly blob: string }>(`azure/disk/${home}`, {
    title: `send ${name} to ${names.accountName} in ${home}`,
    after,
    digest: inputs,
    pollEveryMs: mostPollMs,
    async find() {
      const version = await versionOf(work)
      const taken = version?.tags[tag.digest] === inputs && (version.state === 'Creating' || stands(version, home))
      return taken || (await whole()) === true ? { digest: inputs, out: blob.name } : undefined
    },
    async start() {
      await checkFree(work)
      await disks.putContainer(names.account, names.container)
      await disks.create(blob, sizeBytes, metadata)
      return { blob: blob.name }
    },
    fill: () => pageSink(disks, blob, () => disks.setMetadata(blob, { ...metadata, [marks.whole]: 'true' })),
    async poll() {
      const state = await whole()
      if (state === undefined) return { failed: `${blob.name} was removed while it was being sent` }
      return state ? { done: blob.name } : { busy: 'sending' }
    },
    sweep: remove,
    undo: remove,
  })
}

/** The version in the first region, made of the blob, which goes when the version stands. */
export function versionStep(work: DiskWork, after: readonly Step<unknown>[]): Step<MadeImage> {
  const { apis, names, home, settings, publication, inputs } = work
  const { disks, images } = apis
  const { name } = publication
  const blob = blobOf(work)
  const made: MadeImage = { id: names.version, region: home, name }
  const remove = async (): Promise<void> => {
    // One that somebody else made in its place stays.
    if ((await versionOf(work))?.tags[tag.release] !== publication.key) return
    // They would stay behind, for nothing.
    for (const { assignment } of (await unlessGone(disks.readers(names.version))) ?? [])
      await unlessGone(disks.removeReader(assignment))
    await unlessGone(images.delete(names.version))
  }
  return step<MadeImage, { readonly version: string }>(`azure/version/${home}`, {
    title: `make version ${names.versionName} of ${names.definitionName} in ${home}`,
    after,
    digest: inputs,
    pollEveryMs: mostPollMs,
    async find() {
      const found = await versionOf(work)
      if (found === undefined) return undefined
      if (found.tags[tag.digest] !== inputs) {
        await checkFree(work)
        return { digest: found.tags[tag.digest], out: made }
      }
      // While what it was made of is still there, it is not done.
      const done = stands(found, home) && (await unlessGone(disks.metadata(blob))) === undefined
      return done ? { digest: inputs, out: made } : undefined
    },
    async start() {
      const begun = await versionOf(work)
      if (begun === undefined)
        await disks.startVersion(names.version, {
          location: home,
          tags: tagsOf(publication, inputs),
          target: { name: home, replicas: settings.replicas, storage: settings.storageAccountType },
          account: names.account,
          url: `https://${blob.account}.blob.core.windows.net/${blob.container}/${encodeURIComponent(blob.name)}`,
        })
      return { version: names.version }
    },
    async poll() {
      const found = await versionOf(work)
      if (found === undefined) return { failed: `version ${names.versionName} was removed while it was being made` }
      const own = found.replicas.find((one) => one.name === home)
      if (stands(found, home)) {
        await unlessGone(disks.remove(blob))
        return { done: made }
      }
      if (found.state === 'Failed')
        return {
          failed: `Azure could not make version ${names.versionName}: ${own?.details || 'no reason given'}`,
          hint: 'the activity log of the resource group may tell more',
        }
      return { busy: `making version ${names.versionName}`, fraction: (own?.progress ?? 0) / 100 }
    },
    sweep: remove,
    undo: remove,
  })
}

/** At most 256 characters each. https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations (2026-11) */
function tagsOf(publication: Publication, inputs: string): Readonly<Record<string, string>> {
  const { name, version } = publication
  return { Name: name, ...diskTags(publication, inputs), [releaseVersion]: version }
}

/** The version as its maker writes it, which may be another than the gallery's number. */
const releaseVersion = 'sindri:release-version'
