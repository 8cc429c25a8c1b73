import type { Setting } from '../core/setting.ts'
import type { Step } from '../core/step.ts'
import type { Publication } from '../release/publication.ts'
import type { MadeImage } from './cloud.ts'

/** Something that would fail a publish later, found by asking. A warning may still turn out well. */
export interface Finding {
  readonly level: 'error' | 'warning'
  readonly message: string
  readonly hint: string
}

/** Everything that is made of a disk in one cloud. */
export interface DiskPlan {
  readonly steps: readonly Step<unknown>[]
  readonly settings: readonly Setting[]
  /** The image of each region. */
  readonly images: readonly { readonly region: string; readonly step: Step<MadeImage> }[]
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
}
