import type { Clock } from './clock.ts'
import { SindriError } from './error.ts'
import type { Store } from './store.ts'

/** Who works on a release: shown to whoever comes second. */
export interface Owner {
  readonly host: string
  readonly pid: number
  /** Tells two processes with one pid apart. */
  readonly nonce: string
}

export interface Lease {
  /** Aborted when the lease was lost to another runner. */
  readonly lost: AbortSignal
  release(): Promise<void>
}

export interface LeaseOptions {
  readonly store: Store
  readonly owner: Owner
  readonly clock: Clock
  /** True when that owner is known to be gone, so that a killed process does not block the next for the whole term. */
  readonly gone: (owner: Owner) => boolean
}

const key = 'lease'
const termMs = 120_000

interface Term {
  readonly owner: Owner
  readonly until: number
}

/** Takes the lease of a release and renews it at a third of its term. Throws `conflict` while another holds it. */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { store, owner, clock } = options
  const held = await store.get(key)
  const term = held === undefined ? undefined : parse(held.value)
  if (term !== undefined && term.until > clock.now() && !options.gone(term.owner)) {
    const seconds = Math.ceil((term.until - clock.now()) / 1000)
    throw new SindriError(
      'conflict',
      `another sindri (process ${term.owner.pid} on ${term.owner.host}) works on this release`,
      {
        hint: `wait for it to finish; if it is gone, its lease ends in ${seconds} s`,
      },
    )
  }
  const text = (until: number): string => JSON.stringify({ owner, until } satisfies Term)
  const put = await store.put(
    key,
    text(clock.now() + termMs),
    held === undefined ? { ifAbsent: true } : { ifMatch: held.version },
  )
  if (put === undefined)
    throw new SindriError('conflict', 'another sindri took this release at the same moment', {
      hint: 'run the command again',
    })

  let version: string = put
  const lost = new AbortController()
  const stopped = new AbortController()
  const renewal = renew()

  async function renew(): Promise<void> {
    while (!stopped.signal.aborted) {
      await clock.sleep(termMs / 3, stopped.signal).catch(() => undefined)
      if (stopped.signal.aborted) return
      const next = await store.put(key, text(clock.now() + termMs), { ifMatch: version })
      if (next === undefined) {
        lost.abort(new SindriError('partial', 'the lease of this release was taken by another sindri'))
        return
      }
      version = next
    }
  }

  return {
    lost: lost.signal,
    async release() {
      stopped.abort()
      await renewal
      await store.put(key, text(0), { ifMatch: version })
    },
  }
}

function parse(text: string): Term {
  // Written by the function above and by nothing else.
  return JSON.parse(text) as Term
}
