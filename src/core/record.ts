import { digest } from './digest.ts'
import { SindriError } from './error.ts'
import type { Store } from './store.ts'

/**
 * What is remembered of one step. `begun`: about to start; `started`: the handle is known; `done`: the output is known;
 * `failed`: this epoch is over. Records save work and never prove existence.
 */
export interface StepRecord {
  readonly state: 'begun' | 'started' | 'done' | 'failed'
  /** Rises only when a started thing has failed for good or its result was removed. */
  readonly epoch: number
  readonly digest: string
  readonly token: string
  readonly handle?: unknown
  readonly out?: unknown
  readonly error?: string
  /** Milliseconds since the epoch of the last change. */
  readonly at: number
}

/** The token of one attempt: the same inputs give the same token, a new epoch another. */
export function tokenOf(release: string, id: string, inputs: string, epoch: number): string {
  return digest([release, id, inputs, epoch])
}

/** A record with the means to replace it; every write is conditional on nobody else having written. */
export interface Journal {
  readonly record: StepRecord | undefined
  write(record: StepRecord): Promise<Journal>
}

export async function openJournal(store: Store, id: string): Promise<Journal> {
  const key = `step/${id}`
  const stored = await store.get(key)
  // Written by `journal` below and by nothing else.
  return journal(stored === undefined ? undefined : (JSON.parse(stored.value) as StepRecord), stored?.version)

  function journal(record: StepRecord | undefined, version: string | undefined): Journal {
    return {
      record,
      async write(next) {
        const condition = version === undefined ? ({ ifAbsent: true } as const) : { ifMatch: version }
        const put = await store.put(key, JSON.stringify(next), condition)
        if (put === undefined) {
          throw new SindriError('conflict', `another sindri wrote the record of ${id}`, {
            hint: 'run the command again when it has finished',
          })
        }
        return journal(next, put)
      },
    }
  }
}
