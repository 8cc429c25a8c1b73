import { messageOf, SindriError } from '../core/error.ts'
import { openExt } from './ext/ext.ts'
import { openFat } from './fat/fat.ts'
import type { Region } from './region.ts'
import { signatureOf } from './signatures.ts'
import type { Volume } from './volume.ts'
import { openXfs } from './xfs/xfs.ts'

/** What a region holds: files that can be read, or something else and why its files cannot be. */
export type Content =
  | { readonly type: string; readonly volume: Volume; readonly unreadable?: never }
  | { readonly type: string; readonly volume?: never; readonly unreadable: string }

const openers: Readonly<Record<string, (region: Region) => Promise<Volume>>> = {
  ext: openExt,
  fat: openFat,
  xfs: openXfs,
}

/** Opens the file system of a region; `undefined` when nothing known is there. Never throws for what a disk holds. */
export async function openVolume(region: Region): Promise<Content | undefined> {
  const found = await signatureOf(region)
  if (found === undefined) return undefined
  const opener = openers[found.type]
  const why = (reason: string) => `cannot be read: ${reason}`
  if (opener === undefined) return { type: found.type, unreadable: why(found.unreadable ?? 'its format is not known') }
  try {
    const volume = await opener(region)
    return { type: volume.type, volume }
  } catch (error) {
    if (!(error instanceof SindriError)) throw error
    return { type: found.type, unreadable: why(messageOf(error)) }
  }
}
