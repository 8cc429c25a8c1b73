import type { ReleaseSettings, ReleaseTargets } from '../config/sections/release.ts'
import type { Setting } from '../core/setting.ts'
import type { Step } from '../core/step.ts'
import type { BuiltImage, Publication, ReleaseIdentity } from '../release/publication.ts'
import type { Environment, MadeImage, Permission } from './cloud.ts'

/** Something that would fail a publish later, found by asking. A warning may still turn out well. */
export interface Finding {
  readonly level: 'error' | 'warning'
  readonly message: string
  readonly hint: string
}

/** The image of one region. */
export interface PlannedImage {
  readonly region: string
  readonly step: Step<MadeImage>
  /** What consumers write in place of the id, where that is another text: a community gallery's id, a path. */
  reference?(image: MadeImage): string
}

/**
 * Everything that is made of a disk in one cloud. Ids of steps and settings begin with the cloud's; who may use the
 * image of a region is the setting `<cloud>/readers/<region>`.
 */
export interface DiskPlan {
  readonly steps: readonly Step<unknown>[]
  readonly settings: readonly Setting[]
  readonly images: readonly PlannedImage[]
}

/** A cloud that finished disks can be published to, with credentials at hand. */
export interface DiskTarget {
  /** Whose credentials these are, in words. */
  identity(): Promise<string>
  /** The name under which this release was begun here before; undefined when nothing is found. Reads only. */
  begunAs(key: string): Promise<string | undefined>
  /** Reads only. */
  preflight(publication: Publication): Promise<readonly Finding[]>
  plan(publication: Publication): DiskPlan
  /** The same for an image that was built in this cloud; absent where that is not there. */
  readonly built?: BuiltTarget
}

/** A cloud in which an image that was built there can be published. */
export interface BuiltTarget {
  /** What the release was published from here before, as its images say; undefined where there is none. Reads only. */
  source(key: string): Promise<BuiltImage | undefined>
  /** Reads only. */
  preflight(release: ReleaseIdentity, image: BuiltImage): Promise<readonly Finding[]>
  /** Copies of it, which alone are the release's: undoing them leaves the image that was built. */
  plan(release: ReleaseIdentity, image: BuiltImage): DiskPlan
}

/** The name of a cloud that finished disks are published to. */
export type PublisherId = keyof ReleaseTargets

/** What publishing needs, and the document that allows it in the cloud's own form. */
export interface ReleasePermissions {
  readonly permissions: readonly Permission[]
  readonly policy: unknown
}

/** One cloud that finished disks are published to. Its parts load when it is connected. */
export interface Publisher {
  readonly id: PublisherId
  readonly title: string
  /**
   * Calls nothing before it is needed. @throws SindriError `config` where its settings are missing
   * @param folder the working folder, for clouds whose credentials may be in it
   */
  connect(targets: ReleaseTargets, environment: Environment, folder: string): Promise<DiskTarget>
  /** What the credentials must be allowed, where nothing is built in this cloud; otherwise the cloud itself knows. */
  permissions?(release: Pick<ReleaseSettings, 'targets' | 'audience'>): Promise<ReleasePermissions>
}
