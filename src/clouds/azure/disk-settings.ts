import { SindriError } from '../../core/error.ts'
import type { Setting } from '../../core/setting.ts'
import type { Step } from '../../core/step.ts'
import type { DiskWork } from './disk-plan.ts'
import type { TargetRegion } from './disk-port.ts'
import type { VersionSettings } from './port.ts'

type After = readonly Step<unknown>[]

/** Who may use the version: one answer for all its regions. */
export interface Readers {
  readonly want: string
  read(): Promise<string>
  write(): Promise<void>
  /** How everybody finds the version, once its gallery was read and has a public name. */
  publicId(): string | undefined
}

/**
 * Those who are named read the version by a role assignment; everybody finds it when its gallery is open to the
 * community, which all images of a gallery are at once.
 * https://learn.microsoft.com/azure/virtual-machines/share-gallery and share-gallery-community (2026-11)
 */
export function openReaders({ apis, names, settings, publication }: DiskWork): Readers {
  const { disks } = apis
  const everybody = publication.audience !== 'private'
  let publicName: string | undefined
  const open = async (): Promise<boolean> => {
    const gallery = await disks.gallery(names.gallery)
    publicName = gallery.open ? gallery.publicName : undefined
    return gallery.open
  }
  return {
    want: wordsOf(everybody, settings.readers),
    async read() {
      const [community, readers] = await Promise.all([open(), disks.readers(names.version)])
      return wordsOf(
        community,
        readers.map(({ principal }) => principal),
      )
    },
    async write() {
      const [community, readers] = await Promise.all([open(), disks.readers(names.version)])
      for (const { principal, assignment } of readers)
        if (!settings.readers.includes(principal)) await disks.removeReader(assignment)
      for (const principal of settings.readers)
        if (!readers.some((one) => one.principal === principal)) await disks.addReader(names.version, principal)
      if (everybody && !community) {
        await disks.shareGallery(names.gallery, 'community')
        await open()
      }
      if (community && !everybody)
        throw new SindriError('conflict', `the gallery ${names.gallery} is open to everybody with all its images`, {
          hint: 'name another in release.targets.azure.gallery, or close it: az sig share reset',
        })
    },
    publicId: () =>
      publicName && `/CommunityGalleries/${publicName}/Images/${names.definitionName}/Versions/${names.versionName}`,
  }
}

function wordsOf(everybody: boolean, readers: readonly string[]): string {
  const words = [...(everybody ? ['community'] : []), ...[...new Set(readers)].sort().map((one) => `principal ${one}`)]
  return words.length === 0 ? 'private' : words.join(', ')
}

/** Who may use the image of a region. */
export function readerSetting({ want, read, write }: Readers, region: string, after: After): Setting {
  return { id: `azure/readers/${region}`, title: `readers of the image in ${region}`, after, want, read, write }
}

/** How many replicas a region has. */
export function replicaSetting({ apis, names, settings }: DiskWork, region: string, after: After): Setting {
  const { disks } = apis
  const wanted = String(settings.replicas)
  return {
    id: `azure/replicas/${region}`,
    title: `replicas in ${region}`,
    after,
    want: wanted,
    async read() {
      const { replicas } = await disks.version(names.version)
      return String(replicas.find(({ name }) => name === region)?.replicas ?? 0)
    },
    async write() {
      const { replicas } = await disks.version(names.version)
      const changed = (one: TargetRegion) => (one.name === region ? { ...one, replicas: settings.replicas } : one)
      await disks.putTargets(names.version, replicas.map(changed))
    },
  }
}

/** End of life, and whether the version is the latest: it is made as none, and offered last of all. */
export function pointerSettings({ apis, names, settings }: DiskWork, after: After): readonly Setting[] {
  const { images } = apis
  const { endOfLifeDate: end, excludeFromLatest: excluded } = settings
  const now = async (): Promise<VersionSettings> => (await images.image(names.version)).version
  const dateOf = (date: string | undefined): string => (date === undefined ? 'never' : new Date(date).toISOString())
  const offerOf = (never: boolean): string => (never ? 'never the latest' : 'the latest, when it is')
  return [
    {
      id: 'azure/end-of-life',
      title: 'end of life of the version',
      after,
      want: dateOf(end),
      read: async () => dateOf((await now()).endOfLife),
      write: async () => images.changeVersion(names.version, { ...(await now()), endOfLife: end }),
    },
    {
      id: 'azure/latest',
      title: 'whether the version may be the latest',
      after,
      want: offerOf(excluded),
      read: async () => offerOf((await now()).excludedFromLatest),
      write: async () => images.changeVersion(names.version, { ...(await now()), excludedFromLatest: excluded }),
    },
  ]
}
