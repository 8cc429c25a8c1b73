import { SindriError } from '../../core/error.ts'
import type { Store } from '../../core/store.ts'
import { type BuiltPublication, checkSame, checkSameImage, type Publication } from '../../release/publication.ts'
import type { Content } from './content.ts'

/** What a release is, of a disk or of images that were built. */
export type Frozen = Publication | BuiltPublication

const frozenKey = 'publication'

/** The release as it was written down; undefined when it was not. */
export async function frozenIn(store: Store): Promise<Frozen | undefined> {
  const row = await store.get(frozenKey)
  // Written by `freeze` and by nothing else.
  return row === undefined ? undefined : (JSON.parse(row.value) as Frozen)
}

/**
 * Writes the release down; of one that is, what was built in further clouds. Runners on other clouds may do the same.
 * @throws SindriError `conflict` when another has written something else
 */
export async function freeze(store: Store, publication: Frozen): Promise<void> {
  for (;;) {
    const row = await store.get(frozenKey)
    if (row === undefined) {
      if ((await store.put(frozenKey, JSON.stringify(publication), { ifAbsent: true })) !== undefined) return
      continue
    }
    const theirs: Frozen = JSON.parse(row.value)
    checkContent(theirs, publication)
    if (theirs.name !== publication.name)
      throw new SindriError('conflict', `another run has just named this release ${theirs.name}`, {
        hint: 'run the command again',
      })
    if ('disk' in theirs || 'disk' in publication) return
    const built = { ...theirs.built, ...publication.built }
    if (Object.keys(built).length === Object.keys(theirs.built).length) return
    if ((await store.put(frozenKey, JSON.stringify({ ...theirs, built }), { ifMatch: row.version })) !== undefined)
      return
  }
}

/** @throws SindriError `conflict` when a release was made from something else */
export function checkContent(frozen: Frozen, content: Content): void {
  if ('disk' in frozen && 'disk' in content) checkSame(frozen, content.disk)
  else if ('disk' in frozen || 'disk' in content) {
    const [from, now] = 'disk' in frozen ? ['a disk', 'images that were built'] : ['images that were built', 'a disk']
    throw new SindriError('conflict', `${frozen.key} was published from ${from}, and not from ${now}`, {
      hint: 'give what is new a version of its own; a version that is out is never changed',
    })
  } else
    for (const [cloud, image] of Object.entries(content.built)) {
      const before = frozen.built[cloud]
      if (before !== undefined) checkSameImage(frozen.key, cloud, before, image)
    }
}
