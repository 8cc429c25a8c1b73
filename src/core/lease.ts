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
  /** The part of the release that is worked on, where several runners may each have one; otherwise all of it. */
  readonly part?: string
  /** How long another runner is waited for. Default: not at all. */
  readonly waitMs?: number
  /** Called once when another runner is waited for. */
  readonly waiting?: (owner: Owner) => void
  /** Ends the waiting. */
  readonly signal?: AbortSignal
}

const termMs = 120_000
const lookEveryMs = 1_000

interface Term {
  readonly owner: Owner
  readonly until: number
}

/**
 * Takes the lease of a release and renews it at a third of its term.
 * @throws SindriError `conflict` when another holds it, and still does after `waitMs`
 */
export async function takeLease(options: LeaseOptions): Promise<Lease> {
  const { clock, waitMs = 0, signal } = options
  const until = clock.now() + waitMs
  for (let told = false; ; told = true) {
    const tried = await takeNow(options)
    if (!('refused' in tried)) return tried
    if (clock.now() >= until) throw tried.refused
    if (!told && tried.holder !== undefined) options.waiting?.(tried.holder)
    await clock.sleep(lookEveryMs, signal)
  }
}

/** The lease is another's: whose, unless it was taken in this moment. */
interface Refused {
  readonly refused: SindriError
  readonly holder?: Owner
}

async function takeNow(options: LeaseOptions): Promise<Lease | Refused> {
  const { store, owner, clock } = options
  const key = options.part === undefined ? 'lease' : `lease/${options.part}`
  const held = await store.get(key)
  const term = held === undefined ? undefined : parse(held.value)
  if (term !== undefined && term.until > clock.now() && !options.gone(term.owner)) {
    const seconds = Math.ceil((term.until - clock.now()) / 1000)
    const { host, pid } = term.owner
    return {
      refused: new SindriError('conflict', `another sindri (process ${pid} on ${host}) works on this release`, {
        hint: `wait for it to finish; if it is gone, its lease ends in ${seconds} s`,
      }),
      holder: term.owner,
    }
  }
  const text = (until: number): string => JSON.stringify({ owner, until } satisfies Term)
  const put = await store.put(
    key,
    text(clock.now() + termMs),
    held === undefined ? { ifAbsent: true } : { ifMatch: held.version },
  )
  if (put === undefined)
    return {
      refused: new SindriError('conflict', 'another sindri took this release at the same moment', {
        hint: 'run the command again',
      }),
    }

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
