import { rehearsedClouds } from './clouds.ts'
import { runningDaemon } from './control.ts'
import { type JournalEntry, lastEntries } from './kit/journal.ts'
import { filesOf, type Places } from './places.ts'

type Clouds = typeof rehearsedClouds

export interface Status {
  readonly running: boolean
  /** By cloud, then by region or project; those that hold nothing are left out. What is the vendor's own is not shown. */
  readonly resources: { readonly [Id in keyof Clouds]: NonNullable<ReturnType<Clouds[Id]['resources']>> }
  /** The last thousand requests, oldest first. */
  readonly requests: readonly JournalEntry[]
}

const shownRequests = 1000

/** What the records say the rehearsed accounts hold. */
export function recordedResources(places: Places, now: number): Status['resources'] {
  const { folder } = filesOf(places)
  const held = Object.entries(rehearsedClouds).map(([id, cloud]) => [id, cloud.resources(folder, now) ?? {}])
  return Object.fromEntries(held) as Status['resources'] // an entry for every cloud, of that cloud's own type
}

/** What the rehearsal holds and was asked; works from its files, so also when the daemon is down. */
export async function status(places: Places): Promise<Status> {
  return {
    running: (await runningDaemon(places)) !== undefined,
    resources: recordedResources(places, Date.now()),
    requests: lastEntries(filesOf(places).journal, shownRequests),
  }
}
