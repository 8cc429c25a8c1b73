import type { AwsReleaseSettings } from '../../config/targets/aws.ts'
import { digest } from '../../core/digest.ts'
import { messageOf, SindriError } from '../../core/error.ts'
import { type Step, step } from '../../core/step.ts'
import { unlessGone } from '../gone.ts'
import type { AwsDiskApi } from './disk-port.ts'

/**
 * Encryption by default of regions, which is off only while a snapshot begins. That it was on is written down first, as a
 * parameter of the Systems Manager in the region itself: whoever finds it, with records or without, turns it on again.
 * Snapshots that are begun without a word about encryption are encrypted where this is on, and nobody can decrypt them:
 * https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html (2026-11)
 */
export interface EncryptionDefault {
  /** Turns it off where it is on, or was left off, having written that down. */
  off(region: string): Promise<void>
  /** Turns it on where it is written down that it was. */
  restore(region: string): Promise<void>
  /** Does what begins a snapshot while it is off; it is on again when this returns or throws. */
  plainly<T>(region: string, begin: () => Promise<T>): Promise<T>
  /** Turns it on where a run was killed before it did. Undoing does the same. */
  restored(region: string, bestEffort: boolean): Step<string>
}

/** @param release the key of the publication: several of them in one account do not hinder each other */
function encryptionDefault(disks: AwsDiskApi, release: string): EncryptionDefault {
  const marker = markerOf(release)
  const isOff = async (region: string): Promise<boolean> => (await disks.parameter(region, marker)) !== undefined

  async function on(region: string): Promise<void> {
    try {
      await disks.setEncryptionByDefault(region, true)
    } catch (error) {
      const code = error instanceof SindriError ? error.code : 'failed'
      throw new SindriError(code, `${region} does not encrypt by default any more: ${messageOf(error)}`, {
        hint: `run the same command again, or aws ec2 enable-ebs-encryption-by-default --region ${region}`,
        cause: error,
      })
    }
    // Only then: as long as it is written down, the next run turns it on.
    await unlessGone(disks.deleteParameter(region, marker))
  }

  async function noted(region: string): Promise<boolean> {
    if (!(await isOff(region)) && !(await disks.encryptsByDefault(region))) return false
    const what = `EBS encryption by default was on in ${region}. Sindri turned it off for ${release}, and turns it on again.`
    await disks.putTextParameter(region, marker, what)
    return true
  }

  return {
    async restore(region) {
      if (await isOff(region)) await on(region)
    },

    async off(region) {
      if (await noted(region)) await disks.setEncryptionByDefault(region, false)
    },

    async plainly(region, begin) {
      if (!(await noted(region))) return begin()
      try {
        await disks.setEncryptionByDefault(region, false)
        return await begin()
      } finally {
        // Whatever is written down by now: another run of the release may have cleared it away.
        await on(region)
      }
    },

    restored(region, bestEffort) {
      const inputs = digest({ region, marker })
      const made = step<string, string>(`aws/encryption-by-default/${region}`, {
        title: `encryption by default as it was in ${region}`,
        bestEffort,
        digest: inputs,
        find: async () => ((await isOff(region)) ? undefined : { digest: inputs, out: region }),
        async start() {
          await on(region)
          return region
        },
        poll: async () => ({ done: region }),
      })
      return { ...made, revert: async (maker) => void (await made.run(maker)) }
    },
  }
}

/** A release in whose regions encryption by default is turned off, where it asks for that. */
export interface PlainRegions {
  readonly encryption: EncryptionDefault | undefined
  /** What has to be as it was before anything begins. */
  readonly steps: readonly Step<string>[]
  /** Those of one region. */
  after(region: string): readonly Step<string>[]
  /** What carries out the beginning of a snapshot there. */
  around(region: string): <T>(begin: () => Promise<T>) => Promise<T>
}

/** @param release the key of the publication */
export function plainRegions(
  disks: AwsDiskApi,
  settings: Pick<AwsReleaseSettings, 'disableEncryptionByDefault' | 'regions' | 'bestEffortRegions'>,
  release: string,
): PlainRegions {
  const encryption = settings.disableEncryptionByDefault ? encryptionDefault(disks, release) : undefined
  const restored = settings.regions.flatMap((region) =>
    encryption === undefined
      ? []
      : [{ region, step: encryption.restored(region, settings.bestEffortRegions.includes(region)) }],
  )
  return {
    encryption,
    steps: restored.map(({ step }) => step),
    after: (place) => restored.filter(({ region }) => region === place).map(({ step }) => step),
    around: (region) => (begin) => encryption?.plainly(region, begin) ?? begin(),
  }
}

/** The parameter that tells what a release has turned off. Names take few characters, so the release is in it as a hash. */
function markerOf(release: string): string {
  return `/sindri/encryption-by-default/${digest({ release }).slice(0, 16)}`
}
