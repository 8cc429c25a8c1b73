import type { Resolved } from '../config/resolved.ts'
import type { Digestible } from '../core/digest.ts'
import { digest } from '../core/digest.ts'
import type { Store } from '../core/store.ts'

/** The desired state of one image: frozen when it is first asked for, so that every later run asks for the same. */
export interface Release {
  /** The image's name in the cloud, unique by its time stamp. */
  readonly name: string
  /** sha256 of everything that changes the image's bytes. */
  readonly fingerprint: string
  readonly cloud: Resolved['cloud']
  readonly region: string
}

/** The first 16 digits: what an image carries as its tag and people compare. */
export function fingerprintOf(parts: Digestible): string {
  return digest(parts).slice(0, 16)
}

interface Pointer {
  readonly name: string
  readonly finished: boolean
}

/** The release that is being made for a fingerprint, so that a killed run is continued under the same name. */
export async function currentRelease(store: Store): Promise<Pointer | undefined> {
  const stored = await store.get('release')
  // Written by `writeRelease` and by nothing else.
  return stored === undefined ? undefined : (JSON.parse(stored.value) as Pointer)
}

/** Remembers which release a fingerprint is made under. The caller holds the lease. */
export async function writeRelease(store: Store, pointer: Pointer): Promise<void> {
  const stored = await store.get('release')
  await store.put(
    'release',
    JSON.stringify(pointer),
    stored === undefined ? { ifAbsent: true } : { ifMatch: stored.version },
  )
}
