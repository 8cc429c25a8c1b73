import type { AwsRecords } from './aws/records.ts'
import { awsResources } from './aws/resources.ts'
import { runningDaemon } from './control.ts'
import type { GcpRecords } from './gcp/records.ts'
import { gcpResources } from './gcp/resources.ts'
import { type JournalEntry, lastEntries } from './kit/journal.ts'
import { readStore } from './kit/store.ts'
import { filesOf, type Places } from './places.ts'

export interface Status {
  readonly running: boolean
  /** By cloud, then by region or project; those that hold nothing are left out. What is the vendor's own is not shown. */
  readonly resources: {
    readonly aws: ReturnType<typeof awsResources>
    readonly gcp: ReturnType<typeof gcpResources>
  }
  /** The last thousand requests, oldest first. */
  readonly requests: readonly JournalEntry[]
}

const shownRequests = 1000

/** What the records say the rehearsed accounts hold. */
export function recordedResources(places: Places, now: number): Status['resources'] {
  const files = filesOf(places)
  const aws = readStore<AwsRecords>(files.records)
  const gcp = readStore<GcpRecords>(files.gcpRecords)
  return {
    aws: aws === undefined ? {} : awsResources(aws, now),
    gcp: gcp === undefined ? {} : gcpResources(gcp, now),
  }
}

/** What the rehearsal holds and was asked; works from its files, so also when the daemon is down. */
export async function status(places: Places): Promise<Status> {
  return {
    running: (await runningDaemon(places)) !== undefined,
    resources: recordedResources(places, Date.now()),
    requests: lastEntries(filesOf(places).journal, shownRequests),
  }
}
