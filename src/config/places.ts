import { type Complaint, type Place, SindriError } from '../core/error.ts'
import type { Mistake } from './mistake.ts'
import type { Config } from './schema.ts'

/** Where the value, or with `atKey` the key, at a path of a document is written. */
export type Locate = (path: Mistake['path'], atKey?: boolean) => Place

const places = new WeakMap<Config, Locate>()

/** Remembers where the parts of a configuration were written, for the complaints that come later. */
export function rememberPlaces(config: Config, locate: Locate): void {
  places.set(config, locate)
}

/** A mistake with the place it was made at, when the configuration came from a file. */
export function complaintAbout(config: Config, mistake: Mistake): Complaint {
  return placed(mistake, places.get(config))
}

/** A mistake with its place. */
export function placed({ path, atKey, message, hint }: Mistake, locate?: Locate): Complaint {
  return { message, ...(hint !== undefined && { hint }), ...(locate !== undefined && { where: locate(path, atKey) }) }
}

/** One error for all complaints; a single complaint is itself the message. */
export function configError(complaints: readonly Complaint[], subject: string): SindriError {
  const [only, ...others] = complaints
  if (only === undefined || others.length > 0) {
    return new SindriError('config', `${subject} has ${complaints.length} mistakes`, { complaints })
  }
  return new SindriError('config', only.message, { ...only, complaints })
}

/** Sorts places of one file as they come in it. */
export function inOrder(a: Place = {}, b: Place = {}): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}
