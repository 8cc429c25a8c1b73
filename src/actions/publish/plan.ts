import type { Finding } from '../../clouds/disk-target.ts'
import { survey } from '../../core/survey.ts'
import type { Context } from '../context.ts'
import { openRelease, type ReleaseOptions } from './open.ts'
import { findings } from './preflight.ts'

/** One thing that `publish` would do or would find done. */
export interface PlannedStep {
  readonly id: string
  readonly title: string
  readonly state: 'exists' | 'to do' | 'foreign' | 'unknown'
}

/** One property and what `publish` would make of it. */
export interface PlannedSetting {
  readonly id: string
  readonly title: string
  readonly want: string
  /** Undefined while there is nothing to read it of. */
  readonly have: string | undefined
}

/** What `plan --json` prints. */
export interface PlanResult {
  readonly release: string
  readonly disk_sha256: string
  readonly disk_bytes: number
  /** What of the disk is to be read: the rest is holes. */
  readonly data_bytes: number
  readonly architecture: string
  readonly firmware: string
  readonly steps: readonly PlannedStep[]
  readonly settings: readonly PlannedSetting[]
  readonly findings: readonly Finding[]
}

/** What `publish` would do, and what would stop it; reads only. */
export async function planRelease(options: ReleaseOptions, context: Context): Promise<PlanResult> {
  const release = await openRelease(options, context, 'disk')
  try {
    const { publication, places, plan, disk } = release
    const [seen, found] = await Promise.all([
      survey({ plan, clock: context.clock, signal: context.signal }),
      findings(places, publication),
    ])
    return {
      release: publication.name,
      disk_sha256: publication.disk.digest,
      disk_bytes: publication.disk.sizeBytes,
      data_bytes: disk?.extents.reduce((sum, { length }) => sum + length, 0) ?? 0,
      architecture: publication.disk.architecture,
      firmware: publication.disk.firmware,
      steps: seen.steps.map(({ id, title, state }) => ({ id, title, state: state === 'missing' ? 'to do' : state })),
      settings: seen.settings,
      findings: found,
    }
  } finally {
    await release.close()
  }
}
